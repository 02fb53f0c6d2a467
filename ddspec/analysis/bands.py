"""Curves of mean risk with bands: what whole seeds, drawn anew, make of every point."""

from __future__ import annotations

from functools import cache
from typing import Final, Literal

import numpy as np
import xarray as xr
from scipy import stats

from ddspec.analysis.curves import axis_name, filled, risk_name, seed_curves
from ddspec.analysis.reduction import At
from ddspec.analysis.seeds import SEED

MANY: Final = 10  # seeds from which resampling them covers nearly what it says
Method = Literal["auto", "t", "bootstrap"]


def band(
    dataset: xr.Dataset,
    of: str = "",
    along: str = "",
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    at: At = "end",
    method: Method = "auto",
) -> xr.Dataset:
    """`mean`, `low` and `high` of a quantity over seeds, at every point of the other dimensions.

    of: `test_error`, or `test_loss` where there is none. along: `width`, or the first numeric
    axis, for model-wise curves; `samples` for sample-wise ones; the dimension of readings along
    training, `epochs`, for epoch-wise ones. at: which reading of each run, see `reduced`.

    Each point's interval holds its own expected value with confidence `level`. method: `"t"`,
    mean +- t s / sqrt(seeds); `"bootstrap"`, percentiles of the means of whole seeds drawn anew,
    the same draw at every point of every curve, their distance from the mean times `widening`;
    `"auto"`, t below ten seeds. Plain percentiles hold the mean of normal noise in 75 of 100 cases
    with three seeds where 95 are meant, in 83 with five, and in 90 with ten.

    Seeds that lack a value are left out of the whole curve, and places where most lack one, so
    that every mean of a curve is of the same `seeds`. With one seed there is no band (NaN). Source:
    Efron & Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.
    Raises DdspecError when the dataset lacks the variable or the axis.
    """
    of, along = risk_name(dataset, of), axis_name(dataset, along)
    curves = seed_curves(dataset, of, along, at)
    values, seeds = xr.apply_ufunc(
        lambda curve: _of_curve(curve, level, resamples, seed, method),
        curves,
        input_core_dims=[[SEED, along]],
        output_core_dims=[["moment", along], []],
        vectorize=True,
    )
    found = xr.Dataset({n: values.isel(moment=k) for k, n in enumerate(("mean", "low", "high"))})
    found = found.assign(seeds=seeds).assign_coords({along: curves[along]})
    units = str(dataset[of].attrs.get("units", "1"))
    words = {
        "mean": f"{of}, mean over seeds",
        "low": f"{of}, lower end",
        "high": f"{of}, upper end",
    }
    for name, about in words.items():
        found[name].attrs = {"long_name": about, "units": units}
    found["seeds"].attrs = {"long_name": "seeds with values all along", "units": "1"}
    found.attrs = {
        "of": of,
        "along": along,
        "method": method if method != "auto" else f"t below {MANY} seeds, else bootstrap",
        "level": level,
        "resamples": resamples,
        "seed": seed,
    }
    return found


@cache
def widening(seeds: int, level: float) -> float:
    """What the spread of resampled means of few seeds is multiplied by: sqrt(K / (K - 1)) t / z."""
    tail = (1 - level) / 2
    return float((seeds / (seeds - 1)) ** 0.5 * stats.t.isf(tail, seeds - 1) / stats.norm.isf(tail))


def _of_curve(
    curve: np.ndarray, level: float, draws: int, seed: int, method: Method
) -> tuple[np.ndarray, float]:
    """(mean, low, high) of a curve, (3, places), and the number of its seeds."""
    found = np.full((3, curve.shape[1]), np.nan)
    table, kept = filled(curve)
    seeds = len(table)
    if seeds:
        found[0, kept] = table.mean(axis=0)
    if seeds <= 1:
        return found, float(seeds)
    tail = (1 - level) / 2
    if method == "t" or (method == "auto" and seeds < MANY):
        reach = stats.t.isf(tail, seeds - 1) * table.std(axis=0, ddof=1) / seeds**0.5
        found[1:, kept] = found[0, kept] + np.outer((-1, 1), reach)
    else:
        counts = np.random.default_rng(seed).multinomial(seeds, np.full(seeds, 1 / seeds), draws)
        ends = np.quantile(counts @ table / seeds, [tail, 1 - tail], axis=0)
        found[1:, kept] = found[0, kept] + widening(seeds, level) * (ends - found[0, kept])
    return found, float(seeds)
