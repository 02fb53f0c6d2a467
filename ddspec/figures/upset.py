"""`upset`: every composition of regularizers by its risk, with the terms it is made of."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ddspec.analysis.composition.compositions import Compositions, compositions
from ddspec.analysis.ends import ends
from ddspec.analysis.seeds import SEED, whole_seeds
from ddspec.analysis.statistics.intervals import t_interval
from ddspec.errors import DdspecError
from ddspec.figures.lines import LEVEL
from ddspec.figures.roles import composition_axis
from ddspec.figures.scales import in_percent
from ddspec.figures.sheets import Size, finish, legend_below, paper, sheet
from ddspec.figures.style import HAIR, INK, PALE, color
from ddspec.figures.view import View, view
from ddspec.figures.wise import risk_title
from ddspec.figures.words import spaced

TALL: Final = 1.3  # inches, of the risks
ROW: Final = 0.14  # of a row of dots
MOST: Final = 64  # compositions beside each other


def draw_upset(
    dataset: xr.Dataset,
    *,
    of: str | None = None,
    x: str | None = None,
    size: Size = "column",
    **sel: Any,
) -> Figure:
    """Mean risk of every composition with its 95 % interval over seeds, the lowest first.

    Below, a dot for each term that a composition has; a line joins the dots of one. The gray line
    is the risk of the composition without any term. x: the axis of compositions. The order is that
    of means and no test: intervals that overlap may be in either order. Gives a new figure.
    Source: Lex et al., "UpSet: visualization of intersecting sets", 2014.
    Raises DdspecError where the dataset lacks what is asked for.
    """
    over = x or composition_axis(dataset)
    if over is None:
        raise DdspecError("the dataset has no axis of compositions of regularizers")
    shown = view(dataset, of, (over,), sel)
    mean, low, high = risks_of(shown, over)
    order = np.argsort(mean)
    order = order[np.isfinite(mean[order])]
    if not order.size:
        raise DdspecError(f"`{shown.of}` has no value that is not missing")
    if len(order) > MOST:
        raise DdspecError(
            f"{len(order)} compositions do not fit beside each other", "select some of them"
        )
    parts = compositions(shown.dataset, over)
    with paper():
        figure = sheet(size, TALL + ROW * len(parts.terms) + 0.3)
        risks, dots = figure.subplots(
            2, 1, sharex=True, height_ratios=[TALL, ROW * len(parts.terms)]
        )
        put_risks(risks, mean[order], low[order], high[order])
        put_dots(dots, parts, order)
        bare = [n for n in order if not parts.sets[n] - parts.base]
        if bare:
            risks.axhline(mean[bare[0]], color=PALE, linewidth=1.2, zorder=0)
        risks.set_title(shown.fixed)
        risks.tick_params(axis="x", length=0)
        risks.set_ylabel(risk_title(shown.of))
        if shown.of.endswith("_error"):
            in_percent(risks.yaxis)
        legend_below(figure, _keys(shown, np.isfinite(low).any(), parts, bare))
        finish(figure)
    return figure


def risks_of(shown: View, over: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, low and high of every composition, (compositions,) each."""
    values = whole_seeds(shown.dataset, ends(shown.dataset, shown.of)).transpose(over, SEED)
    told = t_interval(values.values.astype(np.float64), LEVEL)
    return told.mean, told.low, told.high


def put_risks(ax: Axes, mean: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Risks with their intervals, one beside the other."""
    places = np.arange(len(mean))
    ax.vlines(places, low, high, color=color(0), linewidth=1.2)
    ax.plot(places, mean, "o", color=color(0), markersize=3)
    ax.set_xlim(-0.6, len(mean) - 0.4)


def put_dots(ax: Axes, parts: Compositions, order: np.ndarray) -> None:
    """A column for each composition, a row for each term."""
    terms = parts.terms
    has = np.array([[term in parts.sets[n] for n in order] for term in terms])
    for row in range(0, len(terms), 2):
        ax.axhspan(row - 0.5, row + 0.5, color="#F2F2F2", linewidth=0, zorder=0)
    rows, columns = np.nonzero(~has)
    ax.plot(columns, rows, "o", color="#D9D9D9", markersize=3.2, zorder=1)
    rows, columns = np.nonzero(has)
    ax.plot(columns, rows, "o", color=INK, markersize=3.8, zorder=3)
    for column in range(len(order)):
        its = np.flatnonzero(has[:, column])
        if len(its) > 1:
            ax.plot([column, column], [its[0], its[-1]], "-", color=INK, linewidth=HAIR, zorder=2)
    ax.set_yticks(range(len(terms)), [spaced(term) for term in terms])
    ax.set_ylim(len(terms) - 0.5, -0.5)
    ax.tick_params(length=0, labelbottom=False)
    ax.spines[:].set_visible(False)


def _keys(shown: View, spread: bool, parts: Compositions, bare: list[int]) -> list[Any]:
    words = f"mean, 95% interval, {shown.runs} seeds" if spread else "mean over seeds"
    found = [Line2D([], [], color=color(0), marker="o", linewidth=1.2, label=words)]
    if bare:
        name = parts.labels[bare[0]]
        found.append(Line2D([], [], color=PALE, linewidth=1.2, label=name))
    return found
