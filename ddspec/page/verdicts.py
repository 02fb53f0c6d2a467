"""The verdicts of monotonicity as a table of words: compositions down, the other axis across."""

from __future__ import annotations

import math
from typing import Final

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.points import label

MARKS: Final = {"monotone": "✓", "not_monotone": "✗", "undecided": "?"}


@attrs.frozen
class Verdict:
    """One curve: its verdict, the largest rise and what it may be at most, as texts.

    falls: whether it falls for sure between any two places.
    """

    name: str
    mark: str
    rise: str
    most: str
    about: str
    falls: bool = False


@attrs.frozen
class VerdictTable:
    """Verdicts of all curves of a quantity along one axis.

    title: what is asked. corner, columns: the axis across and its labels; rows: the label of each
    row and its verdicts, None where there is no curve.
    """

    title: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Verdict | None, ...]], ...]


def verdict_table(found: xr.Dataset, title: str) -> VerdictTable:
    """The table of what `monotonicity.monotone` found."""
    of, along = str(found.attrs["of"]), str(found.attrs["along"])
    words = str(found.verdict.attrs["flag_meanings"]).split()
    dims = [str(name) for name in found.verdict.dims]
    numeric = [name for name in dims if found[name].dtype.kind in "if"]
    across = max(numeric, key=lambda name: found.sizes[name], default="") if len(dims) > 1 else ""
    down = [name for name in dims if name != across]
    columns = [label(each) for each in found[across].values] if across else [""]
    rows = []
    for place in np.ndindex(*(found.sizes[name] for name in down)):
        row = found.isel(dict(zip(down, place, strict=True)))
        named = ", ".join(_words(name, row[name].values[()], down) for name in down)
        cells = [row.isel({across: n}) if across else row for n in range(len(columns))]
        rows.append((named or of, tuple(_verdict(cell, words, of, along) for cell in cells)))
    return VerdictTable(title, across, tuple(columns), tuple(rows))


def _words(name: str, value: object, down: list[str]) -> str:
    return label(value) if len(down) == 1 or isinstance(value, str) else f"{name} {label(value)}"


def _verdict(cell: xr.Dataset, words: list[str], of: str, along: str) -> Verdict | None:
    rise = float(cell.violation)
    if math.isnan(rise):
        return None
    flags = np.atleast_1d(cell.verdict.attrs["flag_values"]).tolist()
    name = words[flags.index(int(cell.verdict))]
    low, high = float(cell.rise_from), float(cell.rise_to)
    where = f" from {along} {low:g} to {high:g}" if rise > 0 else ""
    about = f"{name.replace('_', ' ')}: largest rise {amount(rise, of)}{where}"
    most = float(cell.violation_high)
    falls = rise == 0 and most <= 0
    return Verdict(name, MARKS[name], amount(rise, of), amount(most, of), about, falls)


def amount(value: float, of: str) -> str:
    """A difference of risks: errors in percent, losses as they are."""
    if not math.isfinite(value):
        return "?"
    return f"{100 * value:.2g} %" if of.endswith("error") else f"{value:.3g}"
