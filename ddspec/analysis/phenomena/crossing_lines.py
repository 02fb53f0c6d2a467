"""Crossings of every curve in lines: where each is, or on which side of the axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import xarray as xr

from ddspec.analysis.amounts import amount, interval
from ddspec.analysis.points import label, ranked_lines
from ddspec.analysis.statistics.crossing import BEFORE, BEYOND, INSIDE, UNKNOWN

RANKS: Final = (INSIDE, BEYOND, BEFORE, UNKNOWN)


def crossing_lines(
    data: xr.Dataset,
    name: str,
    words: Mapping[int, str],
    more: Callable[[dict[str, Any]], str] = lambda _: "",
) -> tuple[str, ...]:
    """How many crossings are on the axis, and a line for each curve that has values.

    name: the variable of the place. words: for each side but UNKNOWN, in which `{place}` is the
    place with its interval, `{first}` and `{last}` the ends of the axis. more: what else there is
    to say of a curve.
    """

    def say(values: dict[str, Any]) -> tuple[int, str]:
        side = int(values["side"])
        if side == UNKNOWN:
            return RANKS.index(side), "no values"
        first, last = (amount(float(values[n])) for n in ("first_tried", "last_tried"))
        place = between(values[name], values["low"], values["high"], first, last)
        told = words[side].format(place=place, first=first, last=last)
        return RANKS.index(side), told + _tried(values) + more(values)

    lines, count = ranked_lines(data, say)
    empty = count[RANKS.index(UNKNOWN)]
    if len(lines) == 1:
        return tuple(lines)
    none = f"; {empty} have no values" if empty else ""
    told = len(lines) - empty
    summary = f"on the axis for {count[RANKS.index(INSIDE)]} of {told} curves{none}"
    return summary, *lines[:told]


def _tried(values: dict[str, Any]) -> str:
    """`, interpolated between 50 and 100`."""
    before, after = float(values["tried_before"]), float(values["tried_after"])
    return f", interpolated between {label(before)} and {label(after)}" if before < after else ""


def between(value: float, low: float, high: float, first: str, last: str) -> str:
    """`62 [50, 70]`; an interval that the axis does not bound: `62 [from 50, beyond 70]`."""
    if np.isnan(low) or np.isnan(high) or np.isfinite([low, high]).all():
        return interval(value, low, high)
    start = amount(low) if np.isfinite(low) else f"below {first}"
    end = amount(high) if np.isfinite(high) else f"beyond {last}"
    return f"{amount(value)} [{start}, {end}]"
