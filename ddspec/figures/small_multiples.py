"""`small_multiples`: a panel for each composition of regularizers, on shared axes."""

from __future__ import annotations

import textwrap
from typing import Any, Final

import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ddspec.errors import DdspecError
from ddspec.figures.lines import Line, lines
from ddspec.figures.roles import composition_axis, numeric, terms, width_axis
from ddspec.figures.sheets import Size, entitle, finish, legend_below, paper, sheet
from ddspec.figures.style import HAIR, PALE, SIZES
from ddspec.figures.view import View, view
from ddspec.figures.wise import keys, put_lines, put_scales, risk_title
from ddspec.figures.words import axis_title, spaced, value_words

PANEL: Final = 1.05  # inches, of a panel
ACROSS: Final = {"column": 2, "page": 4}  # panels side by side
MOST: Final = 32  # panels on one page
TICKS: Final = 4  # numbers below a panel, if logarithmic
LETTERS: Final = 19  # of a panel's title, per inch


def draw_small_multiples(
    dataset: xr.Dataset,
    *,
    of: str | None = None,
    x: str | None = None,
    hue: str | None = None,
    panels: str | None = None,
    size: Size = "page",
    **sel: Any,
) -> Figure:
    """Test risk against width, a panel for each composition, all on the same axes.

    x: by default the widths. hue: an axis whose values are the curves of every panel, by default
    none. panels: the axis that the panels differ in, by default the compositions. Where one is
    `none` its curve is repeated in gray in every panel, of the same value of `hue` where there is
    one. Panels without a value are left out. Gives a new figure.
    Raises DdspecError where the dataset lacks what is asked for.
    """
    x = x or width_axis(dataset) or next(iter(numeric(dataset)), None)
    by = panels or composition_axis(dataset)
    if x is None or by is None:
        raise DdspecError(
            "the dataset has no axis of compositions of regularizers, or none of numbers"
        )
    shown = view(dataset, of, (x, hue, by), sel)
    found = panels_of(shown, x, hue, by)
    if not found:
        raise DdspecError(f"`{shown.of}` has no value that is not missing")
    if len(found) > MOST:
        raise DdspecError(
            f"{len(found)} panels do not fit on a page",
            f"select some: {by}=[...] (`--sel {by}=...`)",
        )
    with paper():
        figure = _figure(shown, found, (x, hue), size)
        finish(figure)
    return figure


def panels_of(shown: View, x: str, hue: str | None, by: str) -> dict[str, list[Line]]:
    """The curves of every panel that has one, by title."""
    dataset = shown.dataset
    found = {}
    for place, label in enumerate(dataset[by].values):
        part = View(dataset.isel({by: place}), shown.of, shown.fixed)
        if curves := lines(part, x, hue):
            found[value_words(dataset, by, label.item())] = curves
    return found


def _figure(
    shown: View, found: dict[str, list[Line]], axes: tuple[str, str | None], size: Size
) -> Figure:
    x, hue = axes
    columns = min(ACROSS[size], len(found))
    rows = -(-len(found) // columns)
    figure = sheet(size, PANEL * rows + 0.5)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    reference = next((curves for name, curves in found.items() if not terms(name)), [])
    thick = 1.6 if hue is None else HAIR
    letters = round(LETTERS * (SIZES[size] / columns - 0.12))
    for ax, (title, curves) in zip(grid.flat, found.items(), strict=False):
        for line in reference:
            ax.plot(line.x, line.mean, "-", color=PALE, linewidth=thick, zorder=1)
        put_lines(ax, curves)
        ax.set_title(textwrap.fill(spaced(title), letters, break_long_words=False))
    every = [line for curves in found.values() for line in curves]
    put_scales(grid[0, 0], shown, x, every, TICKS)
    for ax in grid.flat[len(found) :]:
        ax.set_axis_off()
    for place, ax in enumerate(grid.flat[: len(found)]):
        if place + columns >= len(found):
            ax.xaxis.set_tick_params(labelbottom=True)
            ax.set_xlabel(axis_title(shown.dataset, x))
        ax.set_ylabel(risk_title(shown.of) if place % columns == 0 else "")
    entitle(figure, shown.fixed)
    handles = keys(shown, every if hue is None else _each(every), hue, marked=False)
    if reference:
        handles.append(Line2D([], [], color=PALE, linewidth=thick, label="none, for comparison"))
    legend_below(figure, handles)
    return figure


def _each(every: list[Line]) -> list[Line]:
    """One curve of every label."""
    return list({line.label: line for line in reversed(every)}.values())[::-1]
