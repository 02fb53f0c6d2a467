"""Source text → what a terminal shows of it: tabs, wide and combining signs, nothing harmful."""

from __future__ import annotations

import unicodedata

TAB = 4
_JOINERS = "\u200c\u200d"
_UNSHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shown(text: str) -> str:
    """One line as printed: tabs become spaces, control and direction signs a replacement sign."""
    parts: list[str] = []
    column = 0
    for sign in text:
        if sign == "\t":
            part = " " * (TAB - column % TAB)
        elif unicodedata.category(sign) in _UNSHOWN and sign not in _JOINERS:
            part = "\N{REPLACEMENT CHARACTER}"
        else:
            part = sign
        parts.append(part)
        column += sum(map(_columns, part))
    return "".join(parts)


def width(text: str) -> int:
    """How many columns `text` takes when it is printed from the start of a line."""
    return sum(map(_columns, shown(text)))


def _columns(sign: str) -> int:
    if sign in _JOINERS or unicodedata.category(sign) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
