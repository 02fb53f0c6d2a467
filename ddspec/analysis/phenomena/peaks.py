"""Peaks and descents of risk along an axis: where, how high, how sure, and how many."""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr
from scipy.signal import find_peaks, peak_prominences

from ddspec.analysis.bands import widening
from ddspec.analysis.curves import FEW, axis_name, filled, on_logarithms, risk_name, seed_curves
from ddspec.analysis.reduction import At
from ddspec.analysis.seeds import SEED
from ddspec.analysis.statistics import flips

MOMENTS: Final = {
    "location": "where the mean over seeds peaks",
    "location_low": "least place that may be the peak's",
    "location_high": "greatest place that may be the peak's",
    "height": "mean over seeds at the peak",
    "height_low": "lower end of the height",
    "height_high": "upper end of the height",
    "height_left_out": "height of each seed where the others peak",
    "prominence": "height above the higher of the valleys beside",
    "prominence_low": "lower end of the prominence",
    "prominence_high": "upper end of the prominence",
    "p_value": "chance of such a rise in a flat curve of this noise",
}
PLACED: Final = ("location", "location_low", "location_high")


def peaks(
    dataset: xr.Dataset,
    of: str = "",
    along: str = "",
    *,
    at: At = "end",
    log: bool | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    """The peaks of a quantity along a numeric axis, any number of them, and its descents.

    of: `test_error`, or `test_loss` where there is none. along: `width`, or the first numeric
    axis; the dimension of readings along training for epoch-wise peaks. at: which reading of each
    run, see `reduced`.

    A peak is a maximum inside the axis of the mean over seeds; its prominence is its height above
    the higher of the two lowest points that separate it from higher ground or from the axis's ends
    (`scipy.signal.peak_prominences`). It is `significant` when a flat curve with the same noise
    rises anywhere by as much with a chance `p_value` of at most 1 - level, in units of the pooled
    error of a difference of means, whole seeds' signs flipped. That holds for all peaks of a curve
    together, and where the risk falls, rises or is U-shaped: then noise need not make both sides of
    a peak, one side is enough. Peaks that are not significant are left out; where none is, the most
    prominent one is told.

    The maximum of noisy means is too high, and resampled means are higher still: intervals of
    height and prominence are reflected bootstrap intervals of whole seeds, 2 x estimate - mean of
    resamples, their spread widened from the normal's to Student's t. `height_left_out` reads each
    seed where the others peak: it errs on the low side. `may_be` marks the axis values that cannot
    be told from the highest one: those that hold with `level` the true place of the maximum
    between the peak's valleys (multiple comparisons with the best).

    log: whether the mean is one of logarithms, so that heights are geometric means and prominences
    factors, `height / higher valley`; by default of losses that span more than a factor of ten.

    `descents` counts significant falls: those behind peaks, and a first one. Two are double
    descent. With fewer than three seeds nothing is told from noise: means only. Seeds and places
    that lack values are left out (`seeds` says how many are used).

    The result has the remaining design dimensions, `peak`, and, of `may_be`, the axis.
    Source: Belkin et al., "Reconciling modern machine learning practice", 2019 (the peak); d'Ascoli
    et al., "Triple descent and the two kinds of overfitting", 2020 (several); Hsu, "Constrained
    simultaneous confidence intervals for multiple comparisons with the best", 1984.
    Raises DdspecError when the dataset lacks the variable or the axis.
    """
    of, along = risk_name(dataset, of), axis_name(dataset, along)
    curves = seed_curves(dataset, of, along, at)
    log = on_logarithms(curves, log)
    found = _all(xr.apply_ufunc(np.log, curves) if log else curves, level, resamples, seed)
    if log:
        sizes = [name for name in MOMENTS if name.startswith(("height", "prominence"))]
        found = found.assign({name: np.exp(found[name]) for name in sizes})
    found.attrs = {"of": of, "along": along, "scale": "logarithmic" if log else "linear"}
    found.attrs |= {"level": level, "resamples": resamples, "seed": seed}
    return _described(found, dataset)


def _all(curves: xr.DataArray, level: float, resamples: int, seed: int) -> xr.Dataset:
    """The peaks of every curve, as many places for them as the curve with the most needs."""
    along = str(curves.dims[-1])
    places = curves[along].values.astype(np.float64)
    most = max((len(places) - 1) // 2, 1)
    values, near, significant, descents, seeds, used = xr.apply_ufunc(
        lambda curve: _of_curve(curve, places, most, level, resamples, seed),
        curves.drop_vars([n for n in curves.coords if along in curves[n].dims]),
        input_core_dims=[[SEED, along]],
        output_core_dims=[["moment", "peak"], ["peak", along], ["peak"], [], [], []],
        vectorize=True,
    )
    found = xr.Dataset({name: values.isel(moment=n) for n, name in enumerate(MOMENTS)})
    found = found.assign(may_be=near, significant=significant, descents=descents)
    found = found.assign(seeds=seeds, places=used)
    found = found.assign_coords({along: curves[along].variable, "peak": np.arange(1, most + 1)})
    shown = found.location.notnull().any([n for n in found.location.dims if n != "peak"])
    return found.isel(peak=slice(0, max(int(shown.sum()), 1)))


def _described(found: xr.Dataset, dataset: xr.Dataset) -> xr.Dataset:
    """The same with names and units of its numbers, and the method."""
    of, along = found.attrs["of"], found.attrs["along"]
    factors = found.attrs["scale"] == "logarithmic"
    place = str(dataset[along].attrs.get("units", "1"))
    size = str(dataset[of].attrs.get("units", "1"))
    for name, words in MOMENTS.items():
        bare = name == "p_value" or (factors and name.startswith("prominence"))
        about = words.replace("height above", "factor over") if factors else words
        units = place if name in PLACED else "1" if bare else size
        found[name].attrs = {"long_name": f"{of} along {along}: {about}", "units": units}
    told = {
        "may_be": "whether the axis value may be the peak's",
        "significant": "whether noise alone has no such peak",
        "descents": "significant falls",
        "seeds": "seeds with values all along",
        "places": "axis values with values",
    }
    for name, words in told.items():
        found[name].attrs = {"long_name": f"{of} along {along}: {words}", "units": "1"}
    found["peak"].attrs = {"long_name": f"peaks by {along}", "units": "1"}
    found.attrs["method"] = (
        "prominence against sign flips of whole seeds; reflected bootstrap intervals"
    )
    return found


Found = tuple[np.ndarray, np.ndarray, np.ndarray, float, float, float]


def _of_curve(
    curve: np.ndarray, places: np.ndarray, most: int, level: float, draws: int, seed: int
) -> Found:
    """What `peaks` tells of a curve: (moments, peaks), (peaks, places), (peaks,), counts."""
    values = np.full((len(MOMENTS), most), np.nan)
    near = np.zeros((most, len(places)), bool)
    significant = np.zeros(most, bool)
    table, kept = filled(curve)
    seeds = len(table)
    if seeds < 1 or len(kept) < FEW:
        return values, near, significant, np.nan, float(seeds), float(len(kept))
    noise = flips.noise_means(table, draws, seed) if seeds >= FEW else None
    tops, prominences, windows = _anatomy(table.mean(axis=0))
    p = np.full(len(tops), np.nan)
    if noise is not None:
        p = flips.share_above(flips.greatest_rise(noise), flips.in_errors(prominences, table))
    real = np.flatnonzero(p <= 1 - level)
    told = real if real.size else prominences.argsort()[-1:]
    rng = np.random.default_rng(seed)
    means = rng.multinomial(seeds, np.full(seeds, 1 / seeds), draws) @ table / seeds
    for n, k in enumerate(told):
        inside = windows[k]
        values[:, n] = _moments(table, means, places[kept], tops[k], inside, level)
        values[-1, n] = p[k]
        significant[n] = k in real
        if noise is not None:
            best = _may_be_best(table[:, inside], noise[:, inside], table, level)
            near[n, kept[inside][best]] = True
            values[1:3, n] = places[kept][inside][best][[0, -1]]
    descents = _descents(table, noise, tops[real], level)
    return values, near, significant, descents, float(seeds), float(len(kept))


def _anatomy(means: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[slice]]:
    """Positions of the maxima inside a curve, their prominences, and from valley to valley."""
    tops, _ = find_peaks(means)
    prominences, left, right = peak_prominences(means, tops)
    windows = [slice(a, b + 1) for a, b in zip(left, right, strict=True)]
    return tops, prominences, windows


def _moments(
    table: np.ndarray,
    means: np.ndarray,
    places: np.ndarray,
    top: int,
    inside: slice,
    level: float,
) -> np.ndarray:
    """The moments of one peak in their order; what needs noise, NaN."""
    found = np.full(len(MOMENTS), np.nan)
    curve = table.mean(axis=0)[inside]
    height, prominence = curve.max(), float(flips.greatest_hump(curve))
    found[[0, 3, 7]] = places[top], height, prominence
    if len(table) < FEW:
        return found
    found[4:6] = reflected(height, means[:, inside].max(axis=1), len(table), level)
    found[6] = _left_out(table[:, inside])
    found[8:10] = reflected(prominence, flips.greatest_hump(means[:, inside]), len(table), level)
    return found


def reflected(value: float, resamples: np.ndarray, seeds: int, level: float) -> tuple[float, float]:
    """The interval of an estimate that resampling shows to be off on one side.

    What resamples are too high on the average is taken off, and their quantiles are turned about:
    [2 value - mean - c (high - mean), 2 value - mean + c (mean - low)]; c is `widening`.
    Source: Davison & Hinkley, "Bootstrap methods and their application", 1997, section 5.2 (the
    basic interval).
    """
    tail = (1 - level) / 2
    widened = widening(seeds, level)
    mean = resamples.mean()
    low, high = np.quantile(resamples, [tail, 1 - tail])
    middle = 2 * value - mean
    return middle - widened * (high - mean), middle + widened * (mean - low)


def _left_out(table: np.ndarray) -> float:
    """The mean over seeds of each at the place where the mean of the others is largest."""
    others = (table.sum(axis=0) - table).argmax(axis=1)
    return float(table[np.arange(len(table)), others].mean())


def _may_be_best(
    table: np.ndarray, noise: np.ndarray, whole: np.ndarray, level: float
) -> np.ndarray:
    """Which places cannot be told from the one of the largest mean."""
    means = table.mean(axis=0)
    below = flips.in_errors(means.max() - means, whole)
    enough = np.quantile(noise.max(axis=1, keepdims=True) - noise, level, axis=0)
    return np.asarray(below <= enough + 1e-12)


def _descents(table: np.ndarray, noise: np.ndarray | None, tops: np.ndarray, level: float) -> float:
    """How many times the means fall by more than noise does."""
    if noise is None:
        return np.nan
    first = table.mean(axis=0)[: tops[0] + 1 if tops.size else None]
    falls = flips.in_errors(flips.greatest_rise(first[::-1]), table)
    p = flips.share_above(flips.greatest_rise(noise[:, ::-1]), falls)
    return float(len(tops) + (p <= 1 - level))
