"""Sheets of paper: empty figures of the size at which they are printed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import AutoLocator

from ddspec.figures.style import PAPER, SIZES

Size = Literal["column", "page"]
LINE: Final = 0.145  # inches, of a line of legend
LETTER: Final = 0.057  # inches, of a letter in one, about
HANDLE: Final = 6  # letters that a handle and its gaps take up


@contextmanager
def paper(ax: Axes | None = None) -> Iterator[None]:
    """The style of the catalogue, for new figures; axes that are given keep their own letters."""
    with mpl.rc_context(PAPER if ax is None else {}):
        yield


def sheet(size: Size, height: float) -> Figure:
    """An empty figure, on no screen and in no global state of matplotlib; `height` in inches."""
    figure = Figure(figsize=(SIZES[size], height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)  # type: ignore[union-attr,call-arg]
    return figure


def axes_on(ax: Axes | None, size: Size, height: float) -> Axes:
    """The axes given, or those of a new figure."""
    return sheet(size, height).subplots() if ax is None else ax


def sheet_of(ax: Axes) -> Figure:
    """The whole figure that axes are on."""
    found = ax.get_figure(root=True)
    assert isinstance(found, Figure)
    return found


def entitle(figure: Figure, text: str) -> None:
    """A title from the left edge, in as many lines as it needs."""
    if text:
        letters = int((figure.get_size_inches()[0] - 0.1) / LETTER)
        figure.suptitle(
            textwrap.fill(text, letters), x=0.01, ha="left", fontsize=PAPER["axes.titlesize"]
        )


def finish(figure: Figure) -> None:
    """Fix the style of ticks, which matplotlib makes late, when the style may be another.

    Then lay out and keep the ticks: a layout of axes of another height would choose others, whose
    letters may need more room than it leaves.
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            name = f"{axis.axis_name}tick"
            axis.set_tick_params(
                labelsize=PAPER[f"{name}.labelsize"],
                width=PAPER[f"{name}.major.width"],
                length=axis.get_tick_params().get("length", PAPER[f"{name}.major.size"]),
                pad=PAPER[f"{name}.major.pad"],
            )
    figure.draw_without_rendering()
    for axes in figure.axes:
        if isinstance(axes.yaxis.get_major_locator(), AutoLocator):
            low, high = sorted(axes.get_ylim())
            axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= high])


def legend_below(figure: Figure, handles: Sequence[Any], title: str = "") -> None:
    """A legend below the axes in as many columns as fit, for which the figure grows."""
    if not handles:
        return
    width, height = figure.get_size_inches()
    columns = columns_of([handle.get_label() for handle in handles], width)
    figure.legend(
        handles=list(handles), loc="outside lower center", ncols=columns, title=title or None
    )
    lines = -(-len(handles) // columns) + bool(title)
    figure.set_size_inches(width, height + LINE * lines + 0.05)


def columns_of(labels: Sequence[str], width: float) -> int:
    """In how many columns, filled one after the other, entries fit into `width` inches."""
    lengths = np.array([len(label) + HANDLE for label in labels])
    for columns in range(min(len(labels), 6), 1, -1):
        parts = np.array_split(lengths, columns)  # as matplotlib fills them
        if LETTER * sum(part.max() for part in parts) <= width:
            return columns
    return 1
