"""Where a curve of means that rises or falls crosses a level, and how well that is known."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from scipy import stats
from scipy.optimize import isotonic_regression

from ddspec.analysis.curves import filled

Direction = Literal["rising", "falling"]
INSIDE: Final = 0
BEFORE: Final = -1  # below the first place of the axis
BEYOND: Final = 1  # above the last one
UNKNOWN: Final = 2  # nothing was measured
CROSSING: Final = (
    "place",
    "side",
    "low",
    "high",
    "seeds",
    "first_tried",
    "last_tried",
    "tried_before",
    "tried_after",
)


def direction_of(curve: np.ndarray) -> Direction:
    """Whether the means of a curve, (seeds, places), rise or fall, by the better monotone fit.

    `falling` where neither is better.
    """
    table = filled(curve)[0]
    if not table.size:
        return "falling"
    means = table.mean(axis=0)
    misses = [
        float(((isotonic_regression(means, increasing=up).x - means) ** 2).sum())
        for up in (True, False)
    ]
    return "rising" if misses[0] < misses[1] else "falling"


def crossing(
    curve: np.ndarray, places: np.ndarray, level: float, direction: Direction, confidence: float
) -> tuple[float, ...]:
    """Where the means of a curve, (seeds, places), leave or reach `level`: the numbers CROSSING.

    The means are fitted by the nearest monotone curve (pool adjacent violators) and interpolated
    on a logarithmic axis where all places are positive, else on a linear one. The interval has the
    places at which the t interval of the mean holds the level: the crossings of its two ends, each
    made monotone. It tells of seeds, not of what the curve does between the two places that were
    tried about it, `tried_before` and `tried_after`.

    `place` is NaN where it lies off the axis, and `side` BEFORE or BEYOND instead of INSIDE; `low`
    and `high` are infinite on a side that the axis does not bound, NaN with fewer than two seeds;
    `first_tried` and `last_tried` are the ends of the axis that have values. All are NaN without.
    """
    table, kept = filled(curve)
    count = table.shape[0]
    if not table.size:
        return (np.nan,) * len(CROSSING)
    seen = places[kept]
    means = table.mean(axis=0)
    where = _cross(means, seen, level, direction)
    low = high = np.nan
    if count > 1:
        half = stats.t.ppf((1 + confidence) / 2, count - 1) * table.std(axis=0, ddof=1) / count**0.5
        sooner = half if direction == "rising" else -half
        low = _cross(means + sooner, seen, level, direction)
        high = _cross(means - sooner, seen, level, direction)
    ends = float(seen[0]), float(seen[-1])
    if np.isinf(where):
        return np.nan, float(np.sign(where)), low, high, float(count), *ends, np.nan, np.nan
    return where, float(INSIDE), low, high, float(count), *ends, *_around(where, seen)


def _around(where: float, places: np.ndarray) -> tuple[float, float]:
    """The places on both sides of a crossing; the same one twice where it is at a place."""
    close = np.isclose(places, where, rtol=1e-9)
    before, after = places[(places <= where) | close], places[(places >= where) | close]
    return float(before[-1]), float(after[0])


def _cross(means: np.ndarray, places: np.ndarray, level: float, direction: Direction) -> float:
    """The crossing of a monotone fit; infinite where it is off the axis."""
    rising = direction == "rising"
    fit = isotonic_regression(means, increasing=rising).x
    x = np.log(places) if places.min() > 0 else places
    if not rising:
        fit, x = fit[::-1], -x[::-1]
    below = int(np.searchsorted(fit, level + _rounding(level), side="right"))
    if below in (0, len(fit)):
        return np.inf if (below == 0) != rising else -np.inf
    share = (level - fit[below - 1]) / (fit[below] - fit[below - 1])
    at = x[below - 1] + max(share, 0.0) * (x[below] - x[below - 1])
    at = at if rising else -at
    return float(np.exp(at) if places.min() > 0 else at)


def _rounding(level: float) -> float:
    return 1e-7 * abs(level)
