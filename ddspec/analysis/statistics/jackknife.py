"""What replicates say together to an estimate and its interval, by leaving each out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.stats import t as student

FEWEST: Final = 3  # replicates of which one can be left out


def left_out(
    statistic: Callable[[np.ndarray], np.ndarray], values: np.ndarray, level: float
) -> np.ndarray:
    """Estimate, lower and upper bound, (3, ...), of a statistic of values (replicates, ...).

    Student's t times the jackknife standard error; NaN bounds with fewer than three replicates.

    Source: Efron & Stein, "The jackknife estimate of variance", 1981.
    """
    whole, count = np.asarray(statistic(values)), len(values)
    if count < FEWEST:
        return np.stack([whole, np.full(whole.shape, np.nan), np.full(whole.shape, np.nan)])
    without = np.stack([statistic(np.delete(values, n, 0)) for n in range(count)])
    reach = student.ppf((1 + level) / 2, count - 1) * np.sqrt((count - 1) * without.var(axis=0))
    return np.stack([whole, whole - reach, whole + reach])
