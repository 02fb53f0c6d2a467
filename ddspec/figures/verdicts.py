"""`verdicts`: is risk monotone, for each composition and number of samples, as a table."""

from __future__ import annotations

import textwrap
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import offset_copy

from ddspec.analysis.phenomena.monotonicity import monotone, verdict_names
from ddspec.errors import DdspecError
from ddspec.figures.effects import points
from ddspec.figures.roles import composition_axis, design, samples_axis, width_axis
from ddspec.figures.sheets import (
    LETTER,
    Size,
    axes_on,
    entitle,
    finish,
    legend_below,
    paper,
    sheet_of,
)
from ddspec.figures.style import SIZES, color
from ddspec.figures.view import View, along, view
from ddspec.figures.wise import risk_title
from ddspec.figures.words import axis_title, is_share, percent, plain, spaced, value_words

MARK: Final[Any] = {"markersize": 4.5, "markeredgewidth": 0}
SHARE: Final = 0.5  # of the table, for names of rows
MORE: Final = 0.1  # inches, of another line in a row
LETTER_POINTS: Final = 4.2  # across, of a digit
ROW: Final = 0.165  # inches, of a row
MOST: Final = 40  # rows on one page
# Of every verdict: its words, its mark, its color.
LOOKS: Final = {
    "monotone": ("monotone", "o", color(0)),
    "not_monotone": ("not monotone", "X", color(1)),
    "undecided": ("undecided", "$?$", "#707070"),
}


def draw_verdicts(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    *,
    of: str | None = None,
    x: str | None = None,
    rows: str | None = None,
    columns: str | None = None,
    delta: float = 0.01,
    size: Size = "column",
    **sel: Any,
) -> Axes:
    """A table of verdicts: is the risk non-increasing along x?

    Rows are compositions and columns numbers of samples by default (numbers of other axes where x
    is that of samples), or the axes named. A mark says monotone, not monotone or undecided; the
    number is the largest rise of the mean along x, in percentage points for errors, whether it is
    certain or not. delta: monotone is a curve that certainly rises by less, chosen before one
    looks. Empty cells have no value. x: by default the widths. Gives the axes.
    Source: `ddspec.analysis.phenomena.monotonicity`.
    Raises DdspecError where the dataset lacks what is asked for.
    """
    x = x or width_axis(dataset) or samples_axis(dataset)
    if x is None:
        raise DdspecError("the dataset has no axis of numbers along which risk may fall")
    x = along(dataset, x)
    down, across = _table(dataset, x, rows, columns)
    shown = view(dataset, of, (x, down, across), sel)
    if all(name is None or shown.dataset.sizes[name] == 1 for name in (down, across)):
        raise DdspecError(
            "there is one curve only: a table has several",
            "its verdict is a line of the word `monotone` of a `report`",
        )
    found = monotone(shown.dataset, shown.of, x, delta)
    if not (found["seeds"] > 0).any():
        raise DdspecError(f"`{shown.of}` has no value that is not missing")
    verdict = verdict_names(found["verdict"])
    table = [_cells(each, down, across) for each in (verdict, found["violation"], found["seeds"])]
    kept = np.asarray((table[2] > 0).any(axis=1))
    if kept.sum() > MOST:
        raise DdspecError(f"{kept.sum()} rows do not fit on a page", "select some of them")
    letters = int(SHARE * SIZES[size] / LETTER)
    names = [n for n, k in zip(_named(shown.dataset, down), kept, strict=True) if k]
    rows_of = [textwrap.fill(name, letters, break_long_words=False) for name in names]
    lines = max(name.count("\n") + 1 for name in rows_of)
    with paper(ax):
        axes = axes_on(ax, size, (ROW + (lines - 1) * MORE) * (len(names) + 1) + 0.35)
        put_cells(axes, *(each[kept] for each in table), share=shown.of.endswith("_error"))
        _frame(axes, rows_of, _numbers(shown.dataset, across))
        axes.set_xlabel("" if across is None else axis_title(shown.dataset, across))
        if ax is None:
            seen = set(table[0][table[2] > 0])
            entitle(sheet_of(axes), _question(shown, x, delta))
            legend_below(sheet_of(axes), _keys(seen))
            finish(sheet_of(axes))
    return axes


def put_cells(
    ax: Axes, verdict: np.ndarray, rise: np.ndarray, seeds: np.ndarray, *, share: bool
) -> None:
    """A mark and a number in every cell of a table, (rows, columns)."""
    numbers = [[_number(each, share=share) for each in row] for row in rise]
    longest = max(len(words) for row in numbers for words in row)
    reach = (longest * LETTER_POINTS + MARK["markersize"] + 4) / 2
    left, right = (offset_copy(ax.transData, sheet_of(ax), x, 0, "points") for x in (-reach, reach))
    for row, column in np.ndindex(verdict.shape):
        if not seeds[row, column]:
            continue
        _, mark, ink = LOOKS[str(verdict[row, column])]
        corner = (column - 0.48, row - 0.46)
        ax.add_patch(Rectangle(corner, 0.96, 0.92, color=ink, alpha=0.13, linewidth=0))
        ax.plot([column], [row], marker=mark, color=ink, transform=left, **MARK)
        words = numbers[row][column]
        ax.text(column, row, words, transform=right, ha="right", va="center_baseline")


def _number(rise: float, *, share: bool) -> str:
    """A rise in percentage points for shares; nothing where it is unknown."""
    if not np.isfinite(rise):
        return ""
    return f"{100 * rise:.1f}" if share else plain(float(f"{rise:.2g}"))


def _table(
    dataset: xr.Dataset, x: str, rows: str | None, columns: str | None
) -> tuple[str | None, str | None]:
    """The axes down and across."""
    free = [n for n in design(dataset) if dataset.sizes[n] > 1 and n not in (x, rows, columns)]
    down = rows or next((n for n in (composition_axis(dataset),) if n in free), None)
    free = [name for name in free if name != down]
    across = columns or next(
        (n for n in (samples_axis(dataset), width_axis(dataset)) if n in free), None
    )
    if down is None and free and free != [across]:
        down = next(name for name in free if name != across)
    return down, across


def _cells(values: xr.DataArray, down: str | None, across: str | None) -> np.ndarray:
    """Values as (rows, columns), of length 1 where there is no such axis."""
    there = [name for name in (down, across) if name is not None]
    shape = [values.sizes[name] if name is not None else 1 for name in (down, across)]
    return values.transpose(*there).values.reshape(shape)


def _named(dataset: xr.Dataset, name: str | None) -> list[str]:
    """Labels that say of which axis they are."""
    if name is None:
        return [""]
    return [spaced(value_words(dataset, name, label.item())) for label in dataset[name].values]


def _numbers(dataset: xr.Dataset, name: str | None) -> list[str]:
    """Labels below a title that says of which axis they are."""
    if name is None or dataset[name].dtype.kind not in "if":
        return _named(dataset, name)
    return [percent(v) if is_share(dataset, name) else plain(v) for v in dataset[name].values]


def _frame(ax: Axes, rows: list[str], columns: list[str]) -> None:
    """Labels around the cells, those of columns above."""
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_label_position("top")
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _question(shown: View, x: str, delta: float) -> str:
    share = shown.of.endswith("_error")
    bar = f"{points(delta).lstrip('+')} %" if share else f"{delta:g}"
    axis = axis_title(shown.dataset, x)
    asked = f"{risk_title(shown.of)} non-increasing in {axis}, up to rises of {bar}?"
    asked += f" Numbers: largest rise{' (% points)' if share else ''}."
    return f"{shown.fixed}: {asked}" if shown.fixed else asked[0].upper() + asked[1:]


def _keys(seen: set[str]) -> list[Any]:
    return [
        Line2D([], [], linestyle="", marker=mark, color=ink, label=words, **MARK)
        for name, (words, mark, ink) in LOOKS.items()
        if name in seen
    ]
