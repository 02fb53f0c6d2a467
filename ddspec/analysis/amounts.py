"""Numbers and their intervals as a reader says them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

TINY: Final = 0.0001  # a share of which one figure is enough


def amount(value: float, *, percent: bool = False) -> str:
    """`0.1234`, four figures, or `12.3 %`, three; of very small shares one."""
    if not math.isfinite(value):
        return "unknown"
    if percent:
        return f"{100 * value:.{3 if abs(value) >= TINY else 1}g} %"
    return f"{value:.4g}"


def interval(value: float, low: float, high: float, *, percent: bool = False) -> str:
    """`0.12 [0.1, 0.14]`; the value alone where there are no bounds."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return amount(value, percent=percent)
    unit = " %" if percent else ""
    ends = (amount(each, percent=percent).removesuffix(" %") for each in (low, high))
    return f"{amount(value, percent=percent).removesuffix(' %')}{unit} [{', '.join(ends)}]"


def is_share(name: str) -> bool:
    """Whether a quantity is a share of samples, read as percent: an error, an accuracy."""
    return name.endswith(("error", "accuracy"))


def several(words: Iterable[object]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *rest, last = map(str, words)
    return f"{', '.join(rest)} and {last}" if rest else last
