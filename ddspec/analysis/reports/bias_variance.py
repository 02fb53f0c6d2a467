"""`bias_variance`: the risk in parts, over the runs that replicates make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import xarray as xr

from ddspec.analysis.amounts import amount, interval
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.laws.bias_variance import bias_variance
from ddspec.analysis.points import label, point_lines
from ddspec.vocabulary.reports.bias_variance import BiasVariance

FEW: Final = 3  # runs that a standard error takes
SPLITS: Final = ("seed_data", "seed_init", "seed_order", "together")


def find(evidence: Evidence, word: BiasVariance) -> Finding:
    """The parts at every design point, those of the extremes first."""
    data = bias_variance(evidence.risk, word.loss, noise=word.noise)
    lines = (*_extremes(data), *_caveats(data, word), *point_lines(data, _sentence))
    over = str(data.attrs["replicates"]).replace(" ", ", ")
    return Finding(f"bias and variance of {word.loss} loss over {over}", data, lines)


def _extremes(data: xr.Dataset) -> Iterator[str]:
    """Where variance and bias are largest, when there is more than one point."""
    if data["variance"].size < FEW or not bool(data["variance"].notnull().any()):
        return
    for name in ("variance", "bias"):
        values = data[name]
        place = np.unravel_index(int(np.nanargmax(values.values)), values.shape)
        point = data.isel(dict(zip(values.dims, map(int, place), strict=True)))
        where = ", ".join(f"{dim} = {label(point[dim].values[()])}" for dim in data[name].dims)
        yield f"{name} is largest at {where}: {_part(name, _values(point))}"


def _caveats(data: xr.Dataset, word: BiasVariance) -> Iterator[str]:
    if "runs" not in data:
        yield "no intervals: record `predictions` and `targets` for them"
        return
    runs = data["runs"]
    if int(runs.min()) < FEW:
        few = int((runs < FEW).sum())
        yield f"{few:,} of {runs.size:,} points have fewer than three runs: no interval there"
    if int(runs.min()) != int(runs.max()):
        yield f"points have from {int(runs.min())} to {int(runs.max())} runs: others diverged"
    if word.loss == "zero_one":
        yield "bias and variance of zero-one loss are not corrected for the number of runs"
    elif not word.noise:
        yield "the noise of the test targets is part of the bias"


def _sentence(values: dict[str, Any]) -> str:
    names = [n for n in ("risk", "bias", "variance", "noise") if n in values]
    told = ", ".join(f"{name} {_part(name, values)}" for name in names)
    split = [n for n in SPLITS if f"variance_{n}" in values]
    if not split:
        return told
    parts = (f"{n.replace('seed_', '')} {amount(values[f'variance_{n}'])}" for n in split)
    return f"{told}; variance by {', '.join(parts)}"


def _part(name: str, values: dict[str, Any]) -> str:
    low, high = (values.get(f"{name}_{end}", float("nan")) for end in ("low", "high"))
    return interval(values[name], low, high)


def _values(point: xr.Dataset) -> dict[str, Any]:
    return {str(name): point[name].values[()] for name in point.data_vars}
