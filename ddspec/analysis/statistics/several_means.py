"""Repetitions of several numbers to intervals of their means, and of the largest of the means."""

from __future__ import annotations

import attrs
import numpy as np
from scipy.stats import t as student


@attrs.frozen(eq=False)
class Interval:
    """An estimate and where it lies; the bounds are NaN where they cannot be known."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def mean_interval(values: np.ndarray, level: float) -> Interval:
    """The mean over the first axis, (seeds, ...) to (...), by Student's t; NaN seeds do not count.

    With fewer than two values there are no bounds.
    """
    there = np.isfinite(values)
    count = there.sum(axis=0)
    known = np.maximum(count, 1)
    mean = np.where(there, values, 0.0).sum(axis=0) / known
    squares = np.where(there, np.square(values - mean), 0.0).sum(axis=0)
    spare = np.maximum(count - 1, 1)
    reach = student.ppf((1 + level) / 2, spare) * np.sqrt(squares / spare / known)
    reach = np.where(count > 1, reach, np.nan)
    mean = np.where(count > 0, mean, np.nan)
    return Interval(mean, mean - reach, mean + reach)


def largest_mean(values: np.ndarray, level: float) -> Interval:
    """The largest of several means over seeds, values (seeds, several), with its interval.

    The largest mean is higher than the mean that is truly largest is, most so where several are
    alike, and drawing seeds anew adds the same error once more: percentiles of resampled maxima lie
    too high. The bounds hold for the maximum itself. From below: the largest of the lower bounds,
    each by Student's t at (1 - level) / 2 over their number, so that all hold at once (Bonferroni).
    From above: the largest of the upper bounds, each at (1 - level) / 2, of which that of the truly
    largest is one. NaN bounds with one seed.

    Source: Hsu, "Multiple comparisons: theory and methods", 1996, chapter 4 (comparison with the
    best).
    """
    seeds, several = values.shape
    means = values.mean(axis=0)
    if seeds < 2:  # noqa: PLR2004 - one seed tells nothing of others
        return Interval(means.max(), np.asarray(np.nan), np.asarray(np.nan))
    error = values.std(axis=0, ddof=1) / np.sqrt(seeds)
    tail = (1 - level) / 2
    low = means - student.isf(tail / several, seeds - 1) * error
    high = means + student.isf(tail, seeds - 1) * error
    return Interval(means.max(), low.max(), high.max())
