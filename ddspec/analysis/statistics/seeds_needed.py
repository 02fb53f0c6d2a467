"""Curves to how many seeds would decide whether they rise."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import stats

from ddspec.analysis.statistics.rises import MOST, Array, largest, residuals, standard_errors

POWER: Final = 0.8  # with which the seeds that are asked for decide
DRAWS: Final = 500
CAP: Final = 100_000  # more seeds than anybody will train


def least_seeds(level: float) -> int:
    """With fewer seeds no sign flip test rejects: one vector in 2^seeds is the observed one."""
    return int(np.ceil(np.log2(1 / level)))


def seeds_needed(values: Array, level: float, delta: float, seed: int) -> Array:
    """The number of seeds in all that would decide curves (curves, seeds, places), (curves,).

    The fewer of: those that reject with probability `POWER` if the surest rise seen is the true
    one, z + q standard errors with q the critical value under normal noise of the curve's
    covariance; and those with which all rises' upper bounds would be under delta if the means seen
    are true. Infinite where neither is ever so. What is seen overstates the largest rise, so that
    more may be needed.
    """
    found = np.minimum(_rejecting(values, level, seed), _bounding(values, level, delta))
    return np.where(found > CAP, np.inf, np.maximum(np.ceil(found), values.shape[1] + 1))


def _rejecting(values: Array, level: float, seed: int) -> Array:
    curves, seeds, places = values.shape
    left = residuals(values)
    floor = np.finfo(np.float64).tiny
    errors = np.maximum(standard_errors(left), floor)
    normal = np.random.default_rng(seed).standard_normal((DRAWS, seeds)) / np.sqrt(
        seeds * (seeds - 1)
    )
    critical = np.empty(curves)
    size = max(1, MOST // (DRAWS * places))
    for at in range(0, curves, size):
        some = slice(at, at + size)
        drawn = largest(normal @ left[some], errors[some, None])
        critical[some] = np.quantile(drawn, 1 - level, axis=1)
    critical += stats.norm.ppf(POWER)
    statistic = largest(values.mean(axis=1), errors)
    ratio = np.divide(critical, statistic, out=np.full(curves, np.inf), where=statistic > 0)
    return np.asarray(np.maximum(seeds * ratio**2, least_seeds(level)))


def _bounding(values: Array, level: float, delta: float) -> Array:
    seeds, places = values.shape[1:]
    found = np.zeros(len(values))
    numbers = np.unique(np.geomspace(seeds + 1, CAP + 1, 60).round())
    quantiles = stats.t.ppf(1 - level, numbers - 1) + stats.t.ppf(POWER, numbers - 1)
    least = quantiles / np.sqrt(numbers)  # of a spread of one: decreases with the seeds
    for place in range(places - 1):
        rise = values[:, :, place + 1 :] - values[:, :, place, None]
        mean, spread = rise.mean(axis=1), rise.std(axis=1, ddof=1)
        room = np.maximum(delta - mean, 0.0)
        allowed = np.divide(room, spread, out=np.full(mean.shape, np.inf), where=spread > 0)
        allowed[mean >= delta] = 0.0
        enough = np.interp(allowed.min(axis=1), least[::-1], numbers[::-1])
        enough[allowed.min(axis=1) < least[-1]] = np.inf
        np.maximum(found, enough, out=found)
    return found
