"""Messages and tables as a notebook shows them: escaped HTML without scripts, colors that carry."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

# What is colored in a message: severities, hints, and the marks under a place.
PARTS: Final = re.compile(
    r"(?P<red>^error(?:\[DD\d+\])?:|\^+)|(?P<yellow>^warning(?:\[DD\d+\])?:)"
    r"|(?P<cyan>^note(?:\[DD\d+\])?:|^ *= (?:help|note|fix[^:]*):)",
    re.MULTILINE,
)
CODES: Final = {"red": "\x1b[31m\x1b[1m", "yellow": "\x1b[33m\x1b[1m", "cyan": "\x1b[36m\x1b[1m"}
RESET: Final = "\x1b[0m"
# Read on white and on near-black alike: 4.2 to 4.5 to 1 on both.
SHADES: Final = {"red": "#e0393e", "yellow": "#a37200", "cyan": "#0a83a0"}
CELL: Final = "text-align: left; vertical-align: top; padding: 0.15em 0.8em 0.15em 0"
LINES: Final = "white-space: pre; overflow-x: auto; line-height: 1.3; margin: 0.3em 0"


def plain() -> bool:
    """Whether the user asked for text without colors, by the environment's NO_COLOR."""
    return bool(os.environ.get("NO_COLOR"))


def painted(text: str) -> str:
    """A message with its severities, marks and hints in a terminal's colors."""
    return "".join(f"{CODES[color]}{part}{RESET}" if color else part for color, part in _of(text))


def message(text: str) -> str:
    """A message in HTML, colored as on a terminal."""
    parts = (
        f'<span style="color: {SHADES[color]}; font-weight: bold">{escape(part)}</span>'
        if color
        else escape(part)
        for color, part in _of(text)
    )
    return f'<pre style="{LINES}">{"".join(parts)}</pre>'


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table in HTML: its head, a row for each of `rows`; what is in them is shown as text."""
    lines = [_row("th", head), *(_row("td", row) for row in rows)]
    return f'<table style="margin: 0.3em 0; color: inherit">{"".join(lines)}</table>'


def lines(texts: Iterable[object]) -> str:
    """A line of HTML for each text."""
    return "".join(f"<div>{escape(str(text))}</div>" for text in texts)


def folded(title: object, inner: str, *, open: bool = False) -> str:  # noqa: A002 - as in HTML
    """HTML under a title that unfolds it."""
    head = f'<summary style="cursor: pointer">{escape(str(title))}</summary>'
    return f"<details{' open' if open else ''}>{head}{inner}</details>"


def _row(tag: str, cells: Sequence[object]) -> str:
    inner = "".join(f'<{tag} style="{CELL}">{escape(str(cell))}</{tag}>' for cell in cells)
    return f"<tr>{inner}</tr>"


def _of(text: str) -> Iterator[tuple[str, str]]:
    """The pieces of a text in order, each with its color; empty for none."""
    place = 0
    for found in PARTS.finditer(text):
        yield "", text[place : found.start()]
        yield str(found.lastgroup), found[0]
        place = found.end()
    yield "", text[place:]
