"""`theory`: measured risks over the curves that a formula gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ddspec.analysis.ends import replicates, trajectory
from ddspec.errors import DdspecError
from ddspec.figures.lines import Line, lines, positions
from ddspec.figures.roles import composition_axis, near, numeric, samples_axis, width_axis
from ddspec.figures.sheets import Size, finish, legend_below, paper, sheet
from ddspec.figures.style import HAIR, INK
from ddspec.figures.view import View, along, view
from ddspec.figures.wise import LOW, TALL, TICKS, left_out, put_scales, usual_hue
from ddspec.figures.words import axis_title, spaced

STROKES: Final[Any] = ("-", "--", ":", "-.")  # of several theories
FARTHEST: Final = 2.0  # ratio to theory that is shown, and its inverse


def draw_theory(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    *,
    of: str | None = None,
    x: str | None = None,
    hue: str | None = None,
    size: Size = "column",
    **sel: Any,
) -> Axes | Figure:
    """Means over seeds with 95 % intervals, and the exact curves that belong to them.

    A theory of `test_loss` is a variable `NAME_test_loss` without seeds, as the `theory` words of a
    spec give it. x: by default the axis of model sizes or of samples. hue: an axis whose values
    are the colors. On a sheet of its own the ratio of measured to exact lies below, up to a factor
    of two. Where the expectation is infinite or unknown is a gap. Gives `ax`, or a new figure.
    Raises DdspecError where the dataset has no such theory, or lacks what is asked for.
    """
    quantity, exact = theories(dataset, of)
    free: list[str | None] = [name for name in numeric(dataset) if dataset.sizes[name] > 1]
    known = free or [trajectory(dataset)]
    named = [name for name in (width_axis(dataset), samples_axis(dataset), *known) if name in known]
    x = x or next((name for name in named if name is not None), None)
    if x is None:
        raise DdspecError("the dataset has no axis of numbers of several values")
    hue = hue or usual_hue(dataset, x, sel, composition_axis(dataset))
    shown = view(dataset, quantity, (x, hue), sel)
    found = lines(shown, x, hue)
    if not found:
        raise DdspecError(f"`{quantity}` has no value that is not missing")
    with paper(ax):
        if ax is not None:
            _put(ax, shown, found, exact, (x, hue))
            put_scales(ax, shown, x, found, TICKS[size])
            ax.set_xlabel(axis_title(shown.dataset, x))
            return ax
        figure = sheet(size, TALL + LOW + 0.45)
        rows = figure.subplots(2, 1, sharex=True, height_ratios=[TALL, LOW])
        _put(rows[0], shown, found, exact, (x, hue))
        rows[0].set_title(shown.fixed)
        put_scales(rows[0], shown, x, found, TICKS[size])
        _put_ratios(rows[1], shown, found, next(iter(exact.values())), (x, hue))
        rows[1].set_xlabel(axis_title(shown.dataset, x))
        legend_below(figure, _keys(shown, found, exact, hue), left_out(shown, hue, found))
        finish(figure)
    return figure


def theories(dataset: xr.Dataset, of: str | None) -> tuple[str, dict[str, str]]:
    """A quantity that theories are of, and their variables by the theories' names.

    Raises DdspecError when there are none.
    """
    over = set(replicates(dataset))
    for quantity in ("test_error", "test_loss", "train_loss") if of is None else (of,):
        found = {
            name.removesuffix(f"_{quantity}"): name
            for name in map(str, dataset.data_vars)
            if name.endswith(f"_{quantity}") and not over & set(dataset[name].dims)
        }
        if found and quantity in dataset:
            return quantity, found
    known = list(map(str, dataset.data_vars))
    guess = "" if of is None or of in known else near(of, known)
    raise DdspecError(
        f"the dataset has no theory of {'any risk' if of is None else f'`{of}`'}{guess}",
        "name one in the spec: theory { exact: ridgeless() }",
    )


def curve(shown: View, name: str, line: Line, axes: tuple[str, str | None]) -> np.ndarray:
    """The values of a theory where a curve was measured, (n,); NaN where they are not finite."""
    x, hue = axes
    dataset, dim = shown.dataset, along(shown.dataset, x)
    at = {} if hue is None else {hue: line.place}
    values = dataset[name].isel({n: place for n, place in at.items() if n in dataset[name].dims})
    for other in [n for n in values.dims if n != dim]:
        values = values.isel({other: -1})  # at the end of training
    whole = values.broadcast_like(dataset[dim]).transpose(dim).values.astype(np.float64)
    there = positions(dataset, x, at)
    places = [int(np.flatnonzero(there == each)[0]) for each in line.x]
    return np.where(np.isfinite(whole), whole, np.nan)[places]


def _put(
    ax: Axes,
    shown: View,
    found: Sequence[Line],
    exact: Mapping[str, str],
    axes: tuple[str, str | None],
) -> None:
    """Points with error bars over exact curves."""
    for line in found:
        _errorbars(ax, line, line.mean, line.low, line.high)
        for stroke, name in zip(STROKES, exact.values(), strict=False):
            ink = line.ink if axes[1] is not None else INK
            ax.plot(line.x, curve(shown, name, line, axes), stroke, color=ink, zorder=2)


def _put_ratios(
    ax: Axes, shown: View, found: Sequence[Line], name: str, axes: tuple[str, str | None]
) -> None:
    """Measured over exact, by the first theory."""
    every = [np.ones(1)]
    for line in found:
        exact = curve(shown, name, line, axes)
        known = exact > 0
        ratios = [
            np.divide(each, exact, out=np.full(exact.shape, np.nan), where=known)
            for each in (line.mean, line.low, line.high)
        ]
        _errorbars(ax, line, *ratios)
        every += [ratio[np.isfinite(ratio)] for ratio in ratios]
    ax.axhline(1, color=INK, linewidth=HAIR, zorder=1)
    reach = np.clip(np.concatenate(every), 1 / FARTHEST, FARTHEST)
    slack = 0.1 * max(float(reach.max() - reach.min()), 0.02)
    ax.set_ylim(float(reach.min()) - slack, float(reach.max()) + slack)
    ax.set_ylabel("ratio")


def _errorbars(ax: Axes, line: Line, mean: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    ax.vlines(line.x, low, high, color=line.ink, linewidth=HAIR, zorder=3)
    ax.plot(line.x, mean, linestyle="", marker=line.mark, color=line.ink, markersize=2.5, zorder=4)


def _keys(
    shown: View, found: Sequence[Line], exact: Mapping[str, str], hue: str | None
) -> list[Any]:
    spread = any((line.high > line.low).any() for line in found)
    words = f"measured, 95% interval, {shown.runs} seeds" if spread else "measured"
    alone = hue is None
    handles: list[Any] = [
        Line2D([], [], color=line.ink, marker=line.mark, label=line.label)
        for line in ([] if alone else found)
    ]
    ink = found[0].ink if alone else INK
    handles.append(Line2D([], [], linestyle="", marker="o", color=ink, markersize=2.5, label=words))
    return handles + [
        Line2D([], [], linestyle=stroke, color=INK, label=spaced(name))
        for stroke, name in zip(STROKES, exact, strict=False)
    ]
