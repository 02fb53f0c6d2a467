"""What the colors, lines and bands of a figure mean, around its axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ddspec.figures.curves import Drawing
from ddspec.figures.style import INK, THIN, color
from ddspec.figures.words import percent

LETTERS: Final = 80  # that fit beside each other
HANDLE: Final = 7  # letters that a handle and its gaps take up


def put_legends(figure: Figure, shown: Drawing) -> int:
    """Name the colors above the axes and the lines below; returns the lines of text used."""
    lines = 0
    places: tuple[Any, ...] = ("outside upper center", "outside lower center")
    for handles, place in zip((colors(shown), strokes(shown)), places, strict=True):
        if handles:
            columns = _columns(handles)
            title = shown.shown if "lower" in place else ""
            figure.legend(handles=handles, loc=place, ncols=columns, title=title or None)
            lines += -(-len(handles) // columns) + bool(title)
    return lines


def colors(shown: Drawing) -> list[Any]:
    """One line a combination, when there are several."""
    names = {curve.color: curve.label for panel in shown.panels for curve in panel.curves}
    if not shown.x or not any(names.values()):
        return []
    return [
        Line2D([], [], color=color(number), marker="o", label=names[number])
        for number in sorted(names)
    ]


def strokes(shown: Drawing) -> list[Any]:
    """Test, train, threshold and band."""
    if shown.x:
        test: Any = Line2D([], [], color=INK, marker="o", label="test")
        train: Any = _stroke("--", "train")
    else:
        test, train = Patch(color=color(0), label="test"), Patch(color=color(1), label="train")
    handles = [test, train]
    if any(not math.isnan(curve.threshold) for panel in shown.panels for curve in panel.curves):
        least = f"train \N{LESS-THAN OR EQUAL TO} {percent(shown.epsilon)}"
        words = f"interpolation ({least})" if shown.risk == "error" else f"{least} of largest"
        handles.append(_stroke(":", words))
    if shown.runs:
        words = f"\N{PLUS-MINUS SIGN}1 s.e., {shown.runs}"
        band = Patch(color=INK, alpha=0.2, linewidth=0, label=words)
        handles.append(band if shown.x else _stroke("-", words))
    return handles


def _stroke(style: Any, words: str) -> Line2D:
    return Line2D([], [], color=INK, linestyle=style, linewidth=THIN, label=words)


def _columns(handles: Sequence[Any]) -> int:
    longest = max(len(handle.get_label()) for handle in handles)
    total = sum(len(handle.get_label()) + HANDLE for handle in handles)
    if total <= LETTERS:
        return len(handles)
    return max(1, min(len(handles), LETTERS // (longest + HANDLE)))
