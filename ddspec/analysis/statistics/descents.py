"""Repeated curves to the places from which on they only fall."""

from __future__ import annotations

from typing import Final

import attrs
import numpy as np
from scipy.stats import t as student

RISE: Final = 0.01  # the chance that a curve that nowhere rises is said to
ALONE: Final = 0.1  # with one seed there is no noise to compare with: rises of 10 % count


@attrs.frozen(eq=False)
class Repeated:
    """A curve over whole seeds, in logarithms.

    logs (places,): of the mean over seeds, NaN where there is no value; noise: the standard error
    of one of them beside what all share, NaN with one seed; free: its degrees of freedom. values
    (seeds, places): those of the seeds that have all places.
    """

    logs: np.ndarray
    noise: float
    free: int
    values: np.ndarray

    @property
    def there(self) -> np.ndarray:
        """Places with a value."""
        return np.asarray(np.isfinite(self.logs))


def repeated(values: np.ndarray) -> Repeated:
    """What (seeds, places) say: of places with a positive value, seeds that have all of them."""
    good = np.isfinite(values) & (values > 0)
    there = good.any(axis=0)
    kept = values[good[:, there].all(axis=1)]
    logs = np.full(values.shape[1], np.nan)
    if not len(kept) or not there.any():
        return Repeated(logs, np.nan, 0, kept[:0])
    logs[there] = np.log(kept[:, there].mean(axis=0))
    free = (len(kept) - 1) * (int(there.sum()) - 1)
    if not free:
        return Repeated(logs, np.nan, 0, kept)
    each = np.log(kept[:, there])
    rest = each - each.mean(axis=0) - each.mean(axis=1, keepdims=True) + each.mean()
    shares = kept[:, there].sum(axis=1) / kept[:, there].sum()  # of the mean: 1 / seeds if alike
    noise = max(float(np.sqrt(np.square(rest).sum() / free * np.square(shares).sum())), 1e-9)
    return Repeated(logs, noise, free, kept)


def rises(curve: Repeated) -> np.ndarray:
    """(places, places), true at [i, j] where the curve is higher at a later place j than at i.

    Pairs are compared by Student's t with the pooled noise, at 1 % for all pairs together
    (Bonferroni). With one seed a rise counts from a tenth on.
    """
    places = len(curve.logs)
    higher = curve.logs[None, :] - curve.logs[:, None]
    pairs = max(int(curve.there.sum()) * (int(curve.there.sum()) - 1) // 2, 1)
    least = np.log1p(ALONE)
    if curve.free:
        least = np.sqrt(2) * curve.noise * student.ppf(1 - RISE / pairs, curve.free)
    later = np.arange(places)[None, :] > np.arange(places)[:, None]
    found: np.ndarray = later & (np.nan_to_num(higher, nan=-np.inf) > least)
    return found


def last_descent(curve: Repeated) -> int:
    """The first place from which on the curve nowhere rises: 0 where it has no peak."""
    up = rises(curve)
    start = len(up) - 1
    while start > 0 and not up[start - 1 :, start - 1 :].any():
        start -= 1
    return start
