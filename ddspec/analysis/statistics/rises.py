"""Curves of several seeds to how surely and how far they rise.

Arrays are (curves, seeds, places) or (curves, places); a rise is a later place less an earlier one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import attrs
import numpy as np
from scipy import stats
from scipy.optimize import isotonic_regression

Array = np.ndarray
PRIOR: Final = 4  # seeds' worth of the mean variance in the variance of every place
NOISE: Final = 1e-7  # of the largest value: what float32 cannot tell apart
SLACK: Final = 1e-6  # of a standard error: statistics closer than that are equal
MOST: Final = 200_000  # numbers in one array, so that it stays in the cache


@attrs.frozen(eq=False)
class Rises:
    """What curves say of their rises.

    statistic: the largest rise in standard errors, (curves,). flipped: what it is under every
    vector of signs, (signs, curves). violation, start, end: the largest rise and the places of its
    ends. low, high: its bounds. isotonic_rms: the distance to the closest curve without a rise.
    """

    statistic: Array
    flipped: Array
    violation: Array
    start: Array
    end: Array
    low: Array
    high: Array
    isotonic_rms: Array

    def p_values(self) -> Array:
        """The share of sign vectors under which the statistic is as large or larger."""
        return np.asarray((self.flipped >= self.statistic - SLACK).mean(axis=0))


def signs(seeds: int, resamples: int, seed: int) -> Array:
    """Vectors of one sign for each seed, (signs, seeds); the first is all ones.

    All of them where they are no more than one and `resamples`, else as many at random.
    """
    if 2**seeds <= resamples + 1:
        return np.array(list(itertools.product([1.0, -1.0], repeat=seeds)))
    drawn = np.random.default_rng(seed).choice([1.0, -1.0], (resamples + 1, seeds))
    drawn[0] = 1.0
    return drawn


def rises(values: Array, flips: Array, level: float) -> Rises:
    """The rises of curves under the given sign vectors, (signs, seeds)."""
    size = max(1, MOST // (len(flips) * values.shape[2]))
    parts = [_rises(values[at : at + size], flips, level) for at in range(0, len(values), size)]
    names = [field.name for field in attrs.fields(Rises)]
    joined = (np.concatenate([getattr(part, name) for part in parts], -1) for name in names)
    return Rises(*joined)


def family(statistic: Array, flipped: Array) -> Array:
    """p-values adjusted for all curves: Westfall and Young's step-down of the largest statistic.

    statistic: (curves,); flipped: (signs, curves) under the same sign vectors for all.
    """
    order = np.argsort(-statistic, kind="stable")
    weaker = np.maximum.accumulate(flipped[:, order[::-1]], axis=1)[:, ::-1]
    shares = (weaker >= statistic[order] - SLACK).mean(axis=0)
    adjusted = np.empty(len(statistic))
    adjusted[order] = np.maximum.accumulate(shares)
    return adjusted


def residuals(values: Array) -> Array:
    """What is left of (curves, seeds, places) without the means of seeds and of places."""
    within = values - values.mean(axis=2, keepdims=True)
    return np.asarray(within - within.mean(axis=1, keepdims=True))


def standard_errors(left: Array) -> Array:
    """The standard error of every place's mean, (curves, places), of residuals.

    The variance of a place is drawn towards the mean variance as if `PRIOR` more seeds had it: of
    five seeds alone it is too uncertain, and one for all misses rises where the spread is small.
    """
    return _errors((left**2).sum(axis=1), left.shape[1])


def largest(means: Array, errors: Array) -> Array:
    """The largest rise in standard errors, of (..., places); 0 where nothing rises."""
    found = np.zeros(means.shape[:-1])
    for rise, error in _by_start(means, errors):
        np.maximum(found, (rise / error).max(axis=-1), out=found)
    return found


def upper_bound(values: Array, level: float) -> Array:
    """The largest of all pairs' upper t-bounds of their rise, each at `level`, (curves,).

    The pair that truly rises most is under its own bound with probability 1 - level, and its bound
    is no larger than the largest: no correction for the number of pairs is due.
    """
    quantile = stats.t.ppf(1 - level, values.shape[1] - 1)
    found = np.zeros(len(values))
    for place in range(values.shape[2] - 1):
        rise = values[:, :, place + 1 :] - values[:, :, place, None]
        bound = rise.mean(axis=1) + quantile * rise.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        np.maximum(found, bound.max(axis=1), out=found)
    return found


def _rises(values: Array, flips: Array, level: float) -> Rises:
    seeds = values.shape[1]
    means, left = values.mean(axis=1), residuals(values)
    scale = NOISE * np.abs(values).max(axis=(1, 2)) + np.finfo(np.float64).tiny
    errors = np.maximum(standard_errors(left), scale[:, None])
    fit = np.array([isotonic_regression(curve, increasing=False).x for curve in means])
    under = left + (means - fit - (means - fit).mean(axis=1, keepdims=True))[:, None]
    flipped = _flipped(under, flips, scale)
    statistic = largest(means, errors)
    flipped[(flips > 0).all(axis=1)] = statistic  # what is seen is one of them
    rejected = (flipped >= statistic - SLACK).mean(axis=0) <= level
    start, end, violation = _largest_pair(means)
    return Rises(
        statistic,
        flipped,
        violation,
        start,
        end,
        np.where(rejected, _lower_bound(means, errors, _quantile(left, flips, scale, level)), 0.0),
        upper_bound(values, level) if seeds > 1 else np.full(len(values), np.inf),
        np.sqrt(((means - fit) ** 2).mean(axis=1)),
    )


def _flipped(under: Array, flips: Array, scale: Array) -> Array:
    """The statistic of residuals with flipped signs, errors estimated anew, (signs, curves)."""
    seeds = flips.shape[1]
    means = np.tensordot(flips, under, (1, 1)) / seeds
    squares = np.maximum((under**2).sum(axis=1) - seeds * means**2, 0.0)
    return largest(means, np.maximum(_errors(squares, seeds), scale[:, None]))


def _quantile(left: Array, flips: Array, scale: Array, level: float) -> Array:
    """What the statistic of noise alone, that of residuals from the means, exceeds at `level`.

    Residuals from a falling curve would not do: of a curve that rises they hold the rise.
    """
    noise = _flipped(left, flips, scale)
    noise[(flips > 0).all(axis=1)] = np.inf
    return np.asarray(np.sort(noise, axis=0)[::-1][int(level * len(flips) + SLACK)])


def _errors(squares: Array, seeds: int) -> Array:
    variance = squares / max(seeds - 1, 1)
    common = variance.mean(axis=-1, keepdims=True)
    drawn = ((seeds - 1) * variance + PRIOR * common) / (seeds - 1 + PRIOR)
    return np.asarray(np.sqrt(drawn / seeds))


def _by_start(means: Array, errors: Array) -> Iterator[tuple[Array, Array]]:
    """For every place but the last: the rises from it to later ones and their standard errors."""
    squared = errors**2
    for place in range(means.shape[-1] - 1):
        rise = means[..., place + 1 :] - means[..., place, None]
        yield rise, np.sqrt(squared[..., place + 1 :] + squared[..., place, None])


def _lower_bound(means: Array, errors: Array, quantile: Array) -> Array:
    """Of the largest rise: that of the pair which is surest to rise far; 0 where none is."""
    found = np.zeros(len(means))
    for rise, error in _by_start(means, errors):
        np.maximum(found, (rise - quantile[:, None] * error).max(axis=1), out=found)
    return found


def _largest_pair(means: Array) -> tuple[Array, Array, Array]:
    """The places between which means rise most, and by how much; the first places of equals."""
    lowest = np.minimum.accumulate(means, axis=1)
    end = (means - lowest).argmax(axis=1)
    rows = np.arange(len(means))
    start = np.array([curve[: stop + 1].argmin() for curve, stop in zip(means, end, strict=True)])
    return start, end, means[rows, end] - means[rows, start]
