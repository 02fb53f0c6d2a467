"""`sensitivity`: how much worse risk is beside the best strength."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.tuning.asked import asked, start
from ddspec.analysis.tuning.sensitivity import sensitivity
from ddspec.vocabulary.reports.sensitivity import Sensitivity


def find(evidence: Evidence, word: Sensitivity) -> Finding:
    """The risk at multiples of the best strength, and the basin, of each composition."""
    what = asked(evidence, word)
    data = sensitivity(what.dataset, what.strengths, word.select, what.of, within=word.within)
    lines = [
        start(where, what.name(str(strength.values[()]))) + line
        for where, found in what.compositions(data)
        for strength in found["strength"]
        for line in _told(found.sel(strength=strength), word.within)
    ]
    title = f"{what.of} beside the best of {', '.join(map(what.name, what.strengths))}"
    return Finding(title, data, tuple(lines) or ("no strength has a best value",))


def _told(found: xr.Dataset, within: float) -> Iterator[str]:
    points = int(found["optimum"].notnull().sum())
    if not points:
        return
    parts = [_multiple(found.sel(factor=each)) for each in found["factor"].values]
    told = [part for part in parts if part]
    wide = found["basin_decades"].values[np.isfinite(found["basin_decades"].values)]
    basin = f"within {100 * within:g} % of the best over {_spread(wide, '{:.2g}')} powers of ten"
    reach = int((found["basin_open"].values > 0).sum())
    open_ = f", at {reach} of {points} to the end of what was tried" if reach else ""
    yield "; ".join([*told, basin + open_]) + (f" ({points} points)" if points > 1 else "")


def _multiple(found: xr.Dataset) -> str:
    """`1.2 [1.1, 1.3] times the risk at 10 x the best`; medians and ranges of several points."""
    values = found["relative_risk"].values
    known = np.isfinite(values)
    factor = float(found["factor"])
    if factor == 1 or not known.any():
        return ""
    told = _spread(values[known], "{:.3g}")
    if known.sum() == 1:
        low, high = (float(found[f"relative_{end}"].values[known][0]) for end in ("low", "high"))
        told += f" [{low:.3g}, {high:.3g}]" if np.isfinite(low) else ""
    return f"{told} times the risk at {factor:g} x the best"


def _spread(values: np.ndarray, form: str) -> str:
    """The median, and the range where values differ."""
    middle, low, high = (form.format(f(values)) for f in (np.median, np.min, np.max))
    return middle if low == high else f"{middle} ({low} to {high})"
