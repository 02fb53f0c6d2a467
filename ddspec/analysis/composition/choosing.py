"""The best of several compositions, chosen on some seeds and read off another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ddspec.analysis.statistics.intervals import FEWEST, influence


def cross_fitted(values: np.ndarray, groups: Sequence[np.ndarray]) -> np.ndarray:
    """The risk of the best of each group, chosen for every seed on the others; (seeds, groups).

    values: (seeds, compositions, 2): what is reported, and what selects. For each seed the
    composition with the least mean selecting value over the other seeds is chosen, the first of
    equals, and its reported value on that seed is taken: the luck of a seed does not choose its own
    report, so that the mean over seeds is unbiased for the risk of what this rule chooses. A
    composition that lacks a value at a seed cannot win; NaN where none can, and with one seed.

    Source: Stone, "Cross-validatory choice and assessment of statistical predictions", 1974.
    """
    found = np.full((len(values), len(groups)), np.nan)
    if len(values) < 2:  # noqa: PLR2004
        return found
    worth = values[..., 1].sum(axis=0) - values[..., 1]
    able = np.isfinite(values).all(axis=(0, 2))
    for n, group in enumerate(groups):
        kept = group[able[group]]
        if kept.size:
            best = kept[worth[:, kept].argmin(axis=1)]
            found[:, n] = values[np.arange(len(values)), best, 0]
    return found


def chosen(values: np.ndarray, group: np.ndarray) -> int:
    """The position of the composition of a group that all seeds together choose; -1: none can."""
    able = group[np.isfinite(values[:, group]).all(axis=(0, 2))]
    if not able.size or not len(values):
        return -1
    return int(able[values[:, able, 1].mean(axis=0).argmin()])


def of_choices(
    groups: Sequence[np.ndarray], combine: Callable[[np.ndarray], np.ndarray]
) -> Callable[[np.ndarray], np.ndarray]:
    """A function of values of whole seeds that combines the risks of the best of each group.

    combine: from (seeds, groups) to (seeds, items), linear. What comes out has the estimate as its
    mean over seeds and its jackknife standard error as that mean's.
    """

    def estimate(values: np.ndarray) -> np.ndarray:
        return np.asarray(combine(cross_fitted(values, groups)).mean(axis=0))

    def of_seeds(values: np.ndarray) -> np.ndarray:
        able = np.isfinite(values).all(axis=(0, 2))  # of all seeds, also where one is taken out
        kept = np.where(able[:, None], values, np.nan)
        if len(values) < FEWEST:
            return combine(cross_fitted(kept, groups))
        return influence(kept, estimate)

    return of_seeds
