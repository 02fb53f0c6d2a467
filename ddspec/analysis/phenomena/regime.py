"""Under-, critically or over-parametrized: effective complexity against the training set's size."""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr

from ddspec.analysis.phenomena.complexity import EPSILON, effective_complexity
from ddspec.analysis.reduction import At
from ddspec.analysis.statistics.crossing import BEFORE, BEYOND

FACTOR: Final = 2.0


def critical_regime(
    dataset: xr.Dataset,
    epsilon: float = EPSILON,
    *,
    of: str = "",
    along: str = "samples",
    factor: float = FACTOR,
    at: At = "end",
    level: float = 0.95,
) -> xr.Dataset:
    """The regime of every design point: effective model complexity over training samples.

        complexity_ratio = EMC / n;  under: < 1 / factor;  critical: between;  over: > factor

    Where double descent is expected is the critical regime. of, epsilon, at, level: those of
    `effective_complexity`. Where the complexity is beyond the samples that were tried the ratio is
    NaN and `regime` says what is known, `critical or over` say; it is "unknown" without a value.
    `sure`: the whole interval of the complexity is in one regime. The result has the remaining
    dimensions and `along`.

    Source: Nakkiran et al., "Deep double descent", 2019, hypothesis 1 (the factor is ours).
    Raises DdspecError when the dataset has no such variable or no numeric axis `along`.
    """
    found = effective_complexity(dataset, epsilon, of=of, along=along, at=at, level=level)
    size = dataset[along].astype(np.float64)
    size = size.isel({along: np.flatnonzero(np.isfinite(size.values))}).sortby(along)
    complexity, side = found.effective_complexity, found.side
    least = complexity.where(side != BEYOND, found["last_tried"]).where(side != BEFORE, 0.0)
    most = complexity.where(side != BEYOND, np.inf).where(side != BEFORE, found["first_tried"])
    inside = [(least / size, most / size), (found.low / size, found.high / size)]
    regime, told = (xr.apply_ufunc(_label, a, b, factor) for a, b in inside)
    pure = told.isin(["under", "critical", "over"]) & (told == regime)
    data = xr.Dataset({"complexity_ratio": complexity / size, "regime": regime, "sure": pure})
    data["effective_complexity"], data["seeds"] = complexity, found.seeds
    words = {
        "complexity_ratio": f"effective model complexity / {along}",
        "regime": "under-, critically or over-parametrized",
        "sure": "whether the interval of the complexity is in one regime",
    }
    for name, about in words.items():
        data[name].attrs = {"long_name": about, "units": "1"}
    data.attrs = {**found.attrs, "factor": factor}
    return data


def _label(least: np.ndarray, most: np.ndarray, factor: float) -> np.ndarray:
    """The regimes that a ratio between two bounds can be in, in words."""
    under, over = least < 1 / factor, most > factor
    critical = (least <= factor) & (most >= 1 / factor)
    known = np.isfinite(least) | np.isfinite(most)
    names = {
        (True, False, False): "under",
        (False, True, False): "critical",
        (False, False, True): "over",
        (True, True, False): "under or critical",
        (False, True, True): "critical or over",
    }
    label = np.full(np.shape(least), "unknown", dtype="<U17")
    for flags, name in names.items():
        same = np.logical_and.reduce(
            [a == b for a, b in zip((under, critical, over), flags, strict=True)]
        )
        label = np.where(known & same, name, label)
    return label
