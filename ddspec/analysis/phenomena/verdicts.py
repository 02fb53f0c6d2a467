"""Curves with holes to verdicts: whether each rises, by how much, how surely."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from ddspec.analysis.statistics.rises import Array, Rises, family, rises, signs
from ddspec.analysis.statistics.seeds_needed import seeds_needed

VERDICTS: Final = ("undecided", "monotone", "not_monotone")
UNDECIDED, MONOTONE, NOT_MONOTONE = range(3)
FEWEST: Final = 3  # seeds with which anything can be said of a spread
NUMBERS: Final = (
    *("p_value", "p_family", "violation", "violation_low", "violation_high"),
    *("rise_from", "rise_to", "isotonic_rms", "seeds_needed"),
)


def verdicts(
    values: Array, lacking: Array, delta: float, level: float, *, resamples: int, seed: int
) -> dict[str, Array]:
    """Verdicts, `NUMBERS`, numbers of seeds and places of curves (curves, seeds, places).

    NaN is a missing value: places without any are left out of a curve, then seeds that lack one.
    A curve that is lacking a place, (curves,), may rise there: it is never called monotone.
    `rise_from` and `rise_to` are positions of places. `signs` has the number of sign vectors.
    """
    there = np.isfinite(values)
    places = there.any(axis=1)
    complete = (there | ~places[:, None]).all(axis=2) & places.any(axis=1)[:, None]
    used = complete.any(axis=0)
    flips = signs(int(used.sum()), resamples, seed)
    found = {name: np.full(len(values), np.nan) for name in NUMBERS}
    found["verdict"] = np.zeros(len(values), np.int8)
    found["seeds"], found["places"] = complete.sum(axis=1), places.sum(axis=1)
    found["signs"] = np.array(len(flips))
    statistic, flipped = np.zeros(len(values)), np.zeros((len(flips), len(values)))
    for rows, seeds, kept in _alike(complete, places):
        some = values[np.ix_(rows, seeds, kept)]
        risen = rises(some, flips[:, seeds[used]], level)
        _describe(found, rows, risen, np.flatnonzero(kept))
        if seeds.sum() >= FEWEST:
            statistic[rows], flipped[:, rows] = risen.statistic, risen.flipped
            _judge(found, rows, risen, np.where(lacking[rows], 0.0, delta), level)
            unsure = rows[(found["verdict"][rows] == UNDECIDED) & ~lacking[rows]]
            more = values[np.ix_(unsure, seeds, kept)]
            found["seeds_needed"][unsure] = seeds_needed(more, level, delta, seed)
    tested = ~np.isnan(found["p_value"])
    found["p_family"][tested] = family(statistic[tested], flipped[:, tested])
    return found


def _alike(complete: Array, places: Array) -> Iterator[tuple[Array, Array, Array]]:
    """Curves of the same seeds and places: their numbers, and masks of seeds and places.

    Curves of one place, or without a seed, are none of them.
    """
    masks, group = np.unique(np.hstack([complete, places]), axis=0, return_inverse=True)
    for number, mask in enumerate(masks):
        seeds, kept = mask[: complete.shape[1]], mask[complete.shape[1] :]
        if seeds.any() and kept.sum() > 1:
            yield np.flatnonzero(group.reshape(-1) == number), seeds, kept


def _describe(found: dict[str, Array], rows: Array, risen: Rises, kept: Array) -> None:
    found["violation"][rows] = risen.violation
    found["isotonic_rms"][rows] = risen.isotonic_rms
    rising = risen.violation > 0
    found["rise_from"][rows[rising]] = kept[risen.start[rising]]
    found["rise_to"][rows[rising]] = kept[risen.end[rising]]


def _judge(found: dict[str, Array], rows: Array, risen: Rises, delta: Array, level: float) -> None:
    p = risen.p_values()
    found["p_value"][rows] = p
    found["violation_low"][rows], found["violation_high"][rows] = risen.low, risen.high
    found["verdict"][rows] = np.where(
        risen.high < delta, MONOTONE, np.where(p <= level, NOT_MONOTONE, UNDECIDED)
    )
    found["seeds_needed"][rows] = np.where(found["verdict"][rows] == UNDECIDED, np.nan, 0.0)
