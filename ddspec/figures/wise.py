"""Curves of risk along one axis, for the figures that differ in the axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ddspec.analysis.ends import trajectory
from ddspec.analysis.phenomena.threshold import EPSILON, interpolation_threshold
from ddspec.errors import DdspecError
from ddspec.figures.lines import Line, lines, positions
from ddspec.figures.roles import design
from ddspec.figures.scales import in_percent, scale_risk
from ddspec.figures.sheets import Size, finish, legend_below, paper, sheet
from ddspec.figures.spacing import fit_axis
from ddspec.figures.style import HAIR, INK
from ddspec.figures.view import View, along, view
from ddspec.figures.words import axis_title, is_share, percent

TALL: Final = 1.9  # inches, of the axes of test risk
LOW: Final = 0.6  # of those of train risk below
DENSE: Final = 16  # points from which marks are smaller
AROUND: Final = 1.5  # beyond the least and largest risk on a logarithmic axis
FLAT: Final = 0.01  # the least range of risks that is worth an axis
TICKS: Final = {"column": 6, "page": 8}  # numbers below an axis, if logarithmic


def draw_wise(
    dataset: xr.Dataset,
    ax: Axes | None,
    axes: tuple[str, str | None],
    *,
    of: str | None,
    size: Size,
    sel: Mapping[str, Any],
) -> Axes | Figure:
    """Test risk along the first of two axes, a curve for each value of the second.

    On a sheet of its own train risk lies below in axes of its own; on axes that are given it is a
    thin dashed line. Gives the axes given, or the figure.
    """
    x, hue = axes
    shown = view(dataset, of, axes, sel)
    found = lines(shown, x, hue)
    if not found:
        raise DdspecError(f"`{shown.of}` has no value that is not missing")
    train = train_of(shown)
    below = lines(shown, x, hue, train) if train else []
    with paper(ax):
        if ax is not None:
            put_lines(ax, found)
            put_train(ax, below)
            put_scales(ax, shown, x, found, TICKS[size])
            ax.set_xlabel(axis_title(shown.dataset, x))
            return ax
        figure = sheet(size, TALL + (LOW if below else 0) + 0.45)
        tall = [TALL, LOW] if below else [TALL]
        grid = figure.subplots(len(tall), sharex=True, squeeze=False, height_ratios=tall)
        rows = list(grid[:, 0])
        put_lines(rows[0], found)
        rows[0].set_title(shown.fixed)
        marked = put_thresholds(rows, shown, x, hue, found)
        if below:
            _put_below(rows[1], str(train), below)
        put_scales(rows[0], shown, x, found, TICKS[size])
        rows[-1].set_xlabel(axis_title(shown.dataset, x))
        legend_below(figure, keys(shown, found, hue, marked=marked), left_out(shown, hue, found))
        finish(figure)
    return figure


def usual_hue(
    dataset: xr.Dataset, x: str, sel: Mapping[str, Any], *first: str | None
) -> str | None:
    """The axis that curves differ in unless asked: the first of these, or else of all design axes,
    that has several values selected and is not the one across.
    """
    taken = along(dataset, x) if x else ""
    free = [
        name
        for name in design(dataset)
        if name != taken and dataset.sizes[name] > 1 and np.ndim(sel.get(name, [])) == 1
    ]
    return next((name for name in (*first, *free) if name in free), None)


def train_of(shown: View) -> str | None:
    """The quantity of the training set that belongs to one of the test set."""
    name = shown.of.replace("test_", "train_", 1)
    return name if name != shown.of and name in shown.dataset else None


def put_lines(ax: Axes, found: Sequence[Line]) -> None:
    """Means as lines with marks, their bands below."""
    for line in found:
        ax.plot(
            line.x,
            line.mean,
            "-",
            color=line.ink,
            marker=line.mark,
            zorder=3,
            label=line.label or None,
            markersize=3 if len(line.x) <= DENSE else 2,
        )
        if (line.high > line.low).any():
            ax.fill_between(
                line.x, line.low, line.high, color=line.ink, alpha=0.2, linewidth=0, zorder=2
            )


def put_train(ax: Axes, below: Sequence[Line]) -> None:
    """Train risk as thin dashed lines."""
    for line in below:
        ax.plot(line.x, line.mean, "--", color=line.ink, linewidth=HAIR, zorder=2)


def put_thresholds(
    rows: Sequence[Axes], shown: View, x: str, hue: str | None, found: Sequence[Line]
) -> bool:
    """Dotted lines where the training set is just fitted; whether there are any."""
    places: dict[float, Any] = {}
    for line in found:
        place = threshold(shown, x, hue, line)
        if place is not None:
            places[place] = INK if place in places or len(found) == 1 else line.ink
    for ax in rows:
        for place, ink in places.items():
            ax.axvline(place, color=ink, linestyle=":", linewidth=HAIR, zorder=1)
    return bool(places)


def threshold(shown: View, x: str, hue: str | None, line: Line) -> float | None:
    """Where along x the training set of a curve is just fitted, unless it is so from the start."""
    dataset, dim = shown.dataset, along(shown.dataset, x)
    recorded = "train_error" in dataset or "train_loss" in dataset
    if dim == trajectory(dataset) or not recorded or dataset.sizes[dim] == 1:
        return None
    at = {} if hue is None else {hue: line.place}
    part = dataset.isel(at)
    found = float(interpolation_threshold(part, dim))
    there = np.flatnonzero(part[dim].values == found)
    if not there.size or found == np.nanmin(part[dim].values):
        return None
    return float(positions(dataset, x, at)[there[0]])


def keys(shown: View, found: Sequence[Line], hue: str | None, *, marked: bool) -> list[Any]:
    """What curves, bands and dotted lines are."""
    handles: list[Any] = []
    if hue is not None:
        handles += [
            Line2D([], [], color=line.ink, marker=line.mark, label=line.label) for line in found
        ]
    if any((line.high > line.low).any() for line in found):
        words = f"95% band, {shown.runs} seeds"
        handles.append(Patch(color=INK, alpha=0.2, linewidth=0, label=words))
    elif shown.runs > 1:
        words = f"mean of {shown.runs} seeds"
        handles.append(Line2D([], [], color=INK, marker="o", label=words))
    if marked:
        error = "train_error" in shown.dataset
        least = f"train {'error' if error else 'loss'} \N{LESS-THAN OR EQUAL TO} {percent(EPSILON)}"
        words = least if error else f"{least} of largest"
        handles.append(Line2D([], [], color=INK, linestyle=":", linewidth=HAIR, label=words))
    return handles


def left_out(shown: View, hue: str | None, found: Sequence[Line]) -> str:
    """How many of the curves are shown, when not all are."""
    if hue is None or len(found) == shown.dataset.sizes[hue]:
        return ""
    return f"{len(found)} of {shown.dataset.sizes[hue]} values of {axis_title(shown.dataset, hue)}"


def risk_title(of: str) -> str:
    """A quantity as its axis is titled."""
    return of.replace("_", " ")


def limits(found: Sequence[Line]) -> tuple[float, float]:
    """The least and largest risk to show: all means, and bands unless these become illegible."""
    means = np.concatenate([line.mean for line in found])
    lows, highs = (np.concatenate([getattr(e, n) for e in found]) for n in ("low", "high"))
    low, high = float(means.min()), float(means.max())
    reach = max(high - low, FLAT)
    bottom, top = max(float(lows.min()), low - reach / 2), min(float(highs.max()), high + reach / 2)
    slack = 0.04 * max(top - bottom, FLAT)
    return bottom - slack, top + slack


def _put_below(ax: Axes, train: str, below: Sequence[Line]) -> None:
    put_train(ax, below)
    if train.endswith("_error"):
        in_percent(ax.yaxis)
        ax.set_ylim(bottom=-0.03 * max(float(line.mean.max()) for line in below))
    ax.set_ylabel(risk_title(train).split()[0])


def put_scales(ax: Axes, shown: View, x: str, found: Sequence[Line], ticks: int) -> None:
    """Scales, ticks and title of the axes of risk."""
    values = shown.dataset[x].values
    places = np.unique(values[np.isfinite(values)]).astype(float)
    fit_axis(ax, "x", places, ticks, share=is_share(shown.dataset, x))
    ax.set_ylabel(risk_title(shown.of))
    if shown.of.endswith("_error"):
        in_percent(ax.yaxis)
        ax.set_ylim(*limits(found))
        return
    risks = np.concatenate([line.mean for line in found])
    scale_risk(ax, risks, risks, loss=shown.of.endswith("_loss"))
    if ax.get_yscale() == "log":  # nothing lies as far below test risk as train risk may
        highs = np.concatenate([line.high for line in found])
        ax.set_ylim(risks.min() / AROUND, min(highs.max(), 2 * risks.max()) * AROUND)
