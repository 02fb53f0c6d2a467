"""Two quantities over a grid of models to how alike they order them."""

from __future__ import annotations

import numpy as np
from scipy.stats import kendalltau


def kendall(first: np.ndarray, second: np.ndarray) -> float:
    """Kendall's tau-b over the models that have both, NaN where one of them is constant."""
    there = np.isfinite(first) & np.isfinite(second)
    if any(len(np.unique(values[there])) < 2 for values in (first, second)):  # noqa: PLR2004
        return float("nan")
    return float(kendalltau(first[there], second[there]).statistic)


def granulated(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Agreement along each axis of two grids (n_1, ..., n_k), (k,): over all pairs of models that
    differ in that axis alone, the mean of sign(difference) sign(difference); -1 ... 1.

    A tie counts 0, so a measure that does not see an axis has 0 along it; NaN along an axis without
    pairs, or where `second` has nothing but ties.

    Source: Jiang et al., "Fantastic generalization measures and where to find them", 2020,
    section 2.2.
    """
    found = np.full(first.ndim, np.nan)
    for axis in range(first.ndim):
        one, other = (_signs(values, axis) for values in (first, second))
        both = np.isfinite(one) & np.isfinite(other)
        one, other = one[both], other[both]
        if other.any():
            found[axis] = (one * other).mean()
    return found


def _signs(values: np.ndarray, axis: int) -> np.ndarray:
    """The sign of later less earlier for all pairs along an axis, (pairs, ...)."""
    moved = np.moveaxis(values, axis, 0)
    early, late = np.triu_indices(len(moved), 1)
    return np.asarray(np.sign(moved[late] - moved[early]))
