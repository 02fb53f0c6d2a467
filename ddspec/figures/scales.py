"""Values to scales and ticks: logarithms where the values are spaced so, percent for shares."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ddspec.figures.words import percent, plain

DECADES: Final = 30.0  # losses that span more than this ratio get a logarithmic axis
SPREAD: Final = 8.0  # places that span less than this ratio get a linear axis
FEWEST: Final = 3  # places whose spacing can be judged


def in_percent(axis: Axis) -> None:
    """Write the numbers of a matplotlib axis as percentages."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))


def scale_places(axes: Axes, places: np.ndarray, ticks: int) -> None:
    """The x axis for curves at increasing `places`; at most `ticks` numbers if logarithmic."""
    if not is_logarithmic(places):
        return
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(log_ticks(places[0], places[-1], ticks)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.xaxis.set_minor_locator(NullLocator())


def scale_risk(axes: Axes, test: np.ndarray, train: np.ndarray, *, loss: bool) -> None:
    """The y axis for test risks: from just below 0, or logarithmic for losses over decades.

    A logarithmic axis ends below the least test risk: train losses of 1e-30 are not worth a page.
    """
    least, most = float(test.min()), float(np.nanmax([test.max(), train.max()]))
    if loss and least > 0 and most > DECADES * least:
        axes.set_yscale("log")
        axes.set_ylim(least / 5, most * 2)
    elif most > 0:
        axes.set_ylim(bottom=-0.015 * most)  # so that a line at 0 is seen


def is_logarithmic(places: np.ndarray) -> bool:
    """True when places, increasing, are spaced by ratios rather than by differences."""
    if len(places) < FEWEST or places[0] <= 0 or places[-1] < SPREAD * places[0]:
        return False
    steps, ratios = np.diff(places), np.diff(np.log(places))
    return bool(ratios.std() / ratios.mean() < steps.std() / steps.mean())


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` round numbers between `low` and `high`, both included."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    slack = 1 + 1e-9
    ticks: list[float] = []
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [
            tick
            for decade in decades
            for tick in (digit * 10.0**decade for digit in digits)
            if low / slack <= tick <= high * slack
        ]
        if len(ticks) <= most:
            return ticks
    return ticks[:: -(-len(ticks) // most)]
