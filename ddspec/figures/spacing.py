"""Places along an axis to its scale, its ticks and the edges between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from ddspec.figures.scales import is_logarithmic, log_ticks
from ddspec.figures.words import percent, plain

Scale = Literal["linear", "log", "symlog"]
ALL: Final = 7  # places that are all written where there is room
FACTOR: Final = 2.0  # between two places that lie on a logarithmic axis
BEYOND: Final = 0.2  # of the first place after 0, below it
NARROW: Final = 0.055  # of an axis, between ticks
LETTER: Final = 0.12  # of the room of a number, that a letter takes up


def scale_of(places: np.ndarray) -> Scale:
    """How increasing places are spaced: by ratios, also from 0 on, or by differences."""
    if len(places) and places[0] == 0 and is_logarithmic(places[1:]):
        return "symlog"
    two = len(places) == 2  # noqa: PLR2004 (a pair)
    pair = bool(two and places[1] >= FACTOR * places[0] > 0)
    return "log" if pair or is_logarithmic(places) else "linear"


def stretched(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values where they lie on the axis of `places`, up to a shift and a factor."""
    scale = scale_of(places)
    if scale == "linear":
        return values
    if scale == "log":
        return np.asarray(np.log(values))
    first = places[1]  # below it the axis is linear, half a factor of e long
    log = 0.5 + np.log(np.maximum(values, first) / first)
    found: np.ndarray = np.where(values < first, 0.5 * values / first, log)
    return found


def fit_axis(
    ax: Axes, which: Literal["x", "y"], places: np.ndarray, most: int, *, share: bool = False
) -> None:
    """The scale of an axis of a figure for increasing places, and at most `most` numbers along it;
    all places are written where they are few and there is room.
    """
    axis: Axis = {"x": ax.xaxis, "y": ax.yaxis}[which]
    scale = scale_of(places)
    if scale != "linear":
        options = (
            {"linthresh": places[1], "linscale": 0.5 / np.log(10)} if scale == "symlog" else {}
        )
        getattr(ax, f"set_{which}scale")(scale, **options)
        axis.set_minor_locator(NullLocator())
    if scale == "symlog":
        getattr(ax, f"set_{which}lim")(-BEYOND * places[1])
    letter = LETTER / most if which == "x" else 0.0
    if len(places) <= ALL and len(roomy(places, places, letter)) == len(places):
        axis.set_major_locator(FixedLocator(places.tolist()))
    elif scale == "linear":
        whole = bool((places == places.round()).all())
        axis.set_major_locator(MaxNLocator(most, integer=whole, steps=[1, 2, 5, 10]))
    else:
        start = [0.0] if scale == "symlog" else []
        ticks = start + log_ticks(places[len(start)], places[-1], most)
        axis.set_major_locator(FixedLocator(roomy(ticks, places, letter)))
    axis.set_major_formatter(FuncFormatter(lambda v, _: percent(v) if share else plain(v)))


def roomy(ticks: Sequence[float] | np.ndarray, places: np.ndarray, letter: float) -> list[float]:
    """The ticks, from the last one down, whose numbers do not touch; `letter`: how much of the axis
    one of theirs takes up, beside each other.
    """
    ends = stretched(places[[0, -1]], places)
    length = float(ends[1] - ends[0]) or 1.0
    kept: list[float] = []
    for tick in sorted(map(float, ticks), reverse=True):
        here = float(stretched(np.array([tick]), places)[0]) / length
        if kept:
            last = float(stretched(np.array([kept[-1]]), places)[0]) / length
            words = plain(tick), plain(kept[-1])
            if last - here < max(NARROW, letter * (1 + sum(map(len, words)) / 2)):
                continue
        kept.append(tick)
    return kept[::-1]


def edges(places: np.ndarray) -> np.ndarray:
    """Between n increasing places and beyond them, (n + 1,), evenly on the axis as it is drawn."""
    scale = scale_of(places)
    if scale == "symlog":
        return np.concatenate([[-places[1] / 2, places[1] / 2], edges(places[1:])[1:]])
    at = np.log(places) if scale == "log" else places
    middle = (at[1:] + at[:-1]) / 2
    outer = (at[0] - (middle[0] - at[0]), at[-1] + (at[-1] - middle[-1]))
    found = np.concatenate([outer[:1], middle, outer[1:]])
    return np.exp(found) if scale == "log" else found
