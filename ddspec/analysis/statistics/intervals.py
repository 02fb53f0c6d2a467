"""Values of whole seeds to means with intervals and p values, alone and of a family of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs
import numpy as np
from scipy import stats

FEWEST: Final = 3  # seeds below which no interval is given
BEYOND: Final = 6  # flips that must lie beyond a level: at 95 % 128 in all, which eight seeds have
RESAMPLING: Final = 0  # the seed of the draw
DRAWS: Final = 4096  # flips drawn where there are more


@attrs.frozen(eq=False)
class Interval:
    """Means with intervals: arrays of one shape; `seeds` counts the repetitions of each. method
    and resamples: how they were made, and of how many flips of signs.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    seeds: np.ndarray
    method: str = "Student's t over whole seeds"
    resamples: int = 0


def t_interval(values: np.ndarray, level: float) -> Interval:
    """Student's interval of the mean over the last dimension, and the p value of a mean of zero.

    values: (..., seeds), NaN where a seed has none. Fewer than three seeds give a mean only; one
    value in all of them gives an interval without length.
    """
    there = np.isfinite(values)
    count = there.sum(axis=-1)
    n = np.maximum(count, 1)
    mean = np.where(there, values, 0.0).sum(axis=-1) / n
    squares = np.where(there, values - mean[..., None], 0.0) ** 2
    told = count >= FEWEST
    error = np.sqrt(squares.sum(axis=-1) / np.maximum(n - 1, 1) / n)
    reach = stats.t.ppf((1 + level) / 2, np.maximum(n - 1, 1)) * error
    p = np.where(told, 2 * stats.t.sf(np.abs(_ratio(mean, error)), np.maximum(n - 1, 1)), np.nan)
    mean = np.where(count > 0, mean, np.nan)
    low, high = (np.where(told, mean + sign * reach, np.nan) for sign in (-1, 1))
    return Interval(mean, low, high, p, count)


def holm(p: np.ndarray) -> np.ndarray:
    """The p values adjusted by Holm's method for all tests of the array; NaN tests nothing.

    Source: Holm, "A simple sequentially rejective multiple test procedure", 1979. By hand, since
    the `multipletests` of statsmodels collects the garbage of the whole process at every call.
    """
    adjusted = np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    order = np.argsort(p[tested], kind="stable")
    left = len(order) - np.arange(len(order))
    stepped = np.minimum(np.maximum.accumulate(p[tested][order] * left), 1.0)
    adjusted[tested] = stepped[np.argsort(order, kind="stable")]
    return adjusted


def simultaneous(values: np.ndarray, level: float, seed: int = RESAMPLING) -> Interval:
    """Intervals that cover all means at once, and p values for all at once.

    values: (places..., seeds). From eight seeds on (at 95 %), all of them at every place: the
    largest |t| over places, its distribution from signs of whole seeds flipped, of values about
    their means, which keeps the correlation between places. With fewer seeds, of which too few
    flips exist, or unequal ones: Student's intervals at Bonferroni's level and Holm's p values.

    Source: Westfall & Young, "Resampling-based multiple testing", 1993.
    """
    alone = t_interval(values, level)
    tested = np.isfinite(alone.p)
    seeds = values.shape[-1]
    resolved = 2.0 ** (seeds - 1) * (1 - level) >= BEYOND
    if resolved and tested.any() and (alone.seeds[tested] == seeds).all():
        return _largest(values, alone, tested, level, seed)
    family = max(int(tested.sum()), 1)
    wide = t_interval(values, 1 - (1 - level) / family)
    return attrs.evolve(wide, p=holm(alone.p), method="Bonferroni's t intervals, Holm's p values")


def influence(values: np.ndarray, estimate: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """An estimate from whole seeds as values of each seed: their mean is the estimate, and their
    standard error the jackknife's; (seeds, items).

    values: (seeds, ...); estimate: from them to (items,). Of a mean over seeds these are the seeds'
    own values. Where seeds select for each other their plain spread is too small: what a seed
    selects is shared by the others, which the jackknife sees.

    Source: Efron, "The jackknife, the bootstrap and other resampling plans", 1982, chapter 3.
    """
    found, count = estimate(values), len(values)
    left = np.stack([estimate(np.delete(values, n, axis=0)) for n in range(count)])
    return np.asarray(found + (count - 1) * (left.mean(axis=0) - left))


def _largest(
    values: np.ndarray, alone: Interval, tested: np.ndarray, level: float, seed: int
) -> Interval:
    seeds = values.shape[-1]
    rows = values[tested]
    mean = rows.mean(axis=-1)
    error = rows.std(axis=-1, ddof=1) / np.sqrt(seeds)
    signs = _signs(seeds, seed)
    flipped = (rows - mean[:, None]) @ signs / seeds
    squares = ((rows - mean[:, None]) ** 2).sum(axis=-1)[:, None]
    spread = np.sqrt(np.maximum(squares - seeds * flipped**2, 0) / (seeds - 1) / seeds)
    largest = np.abs(_ratio(flipped, spread)).max(axis=0)
    reach = np.quantile(largest, level, method="higher") * error
    beyond = (largest >= np.abs(_ratio(mean, error))[:, None]).sum(axis=-1)
    p = (1 + beyond) / (1 + len(largest))  # what was seen is a flip, too
    low, high, found = (np.full(tested.shape, np.nan) for _ in range(3))
    low[tested], high[tested], found[tested] = mean - reach, mean + reach, p
    method = "largest |t| with signs of whole seeds flipped"
    return Interval(alone.mean, low, high, found, alone.seeds, method, signs.shape[1])


def _signs(seeds: int, seed: int) -> np.ndarray:
    """Signs of seeds, (seeds, flips): all that differ by more than every sign, or a draw of them.

    The signs as they are come first.
    """
    if 2 ** (seeds - 1) <= DRAWS:
        bits = np.arange(2 ** (seeds - 1)) >> np.arange(seeds)[:, None] & 1
        return 1.0 - 2.0 * bits
    drawn = np.random.default_rng(seed).choice([-1.0, 1.0], (seeds, DRAWS))
    drawn[:, 0] = 1.0
    return drawn


def _ratio(mean: np.ndarray, error: np.ndarray) -> np.ndarray:
    """How many errors a mean is from zero: infinitely many where only the error is zero, none
    where both are.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((error == 0) & (mean == 0), 0.0, mean / error)
