"""The figure of a run: test and train risk at the end of training, and where it interpolates."""

from __future__ import annotations

import math
import os
import textwrap
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ddspec.errors import DdspecError
from ddspec.figures.curves import Drawing, Panel, drawing
from ddspec.figures.legends import put_legends
from ddspec.figures.scales import in_percent, scale_places, scale_risk
from ddspec.figures.style import INK, LETTERS, THIN, WIDTH, color
from ddspec.figures.words import axis_title, is_share

HEIGHT: Final = 3.2  # inches, of the axes of a single panel
LOW: Final = 2.2  # of one of several
LINE: Final = 0.24  # of a line of legend
BAR: Final = 0.34  # of a bar
TICKS: Final = {1: 8, 2: 5, 3: 3}  # numbers below an axis, by panels side by side
TITLE: Final = 66  # letters of title across the figure


def draw_risk(dataset: xr.Dataset, path: Path) -> None:
    """Draw the risk of a dataset to a PNG file at `path`, replacing it at once.

    Test risk is solid and train risk dashed, against width or the first numeric design axis; one
    color for each combination of the other design axes, small panels when there are many; bands
    are one standard error over replicates. A dotted line marks the interpolation threshold. Errors
    are in percent; losses that span decades are on a logarithmic axis. A run without a numeric axis
    is drawn against the epochs, or as bars. Raises DdspecError when the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with mpl.rc_context(LETTERS):
        figure = figure_of(dataset)
        try:
            figure.savefig(temporary, format="png")
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise DdspecError(f"cannot write {path}: {error.strerror}") from error


def figure_of(dataset: xr.Dataset) -> Figure:
    """The figure itself, on no screen and in no global state of matplotlib."""
    shown = drawing(dataset)
    count = max(len(shown.panels), 1)
    columns = {1: 1, 2: 2, 4: 2}.get(count, 3) if shown.x else 1
    rows = -(-count // columns)
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    shared = bool(shown.x)
    grid = figure.subplots(rows, columns, sharex=shared, sharey=shared, squeeze=False)
    for axes, panel in zip(grid.flat, shown.panels, strict=False):
        axes.set_title(textwrap.fill(panel.title, TITLE // columns, break_long_words=False))
        (_lines if shown.x else _bars)(axes, panel)
    for axes in grid.flat[len(shown.panels) :]:
        axes.set_axis_off()
    if not shown.panels:
        figure.text(0.5, 0.5, "no finished cells", ha="center", va="center")
        figure.set_size_inches(WIDTH, HEIGHT)
        return figure
    _label(grid, shown, dataset)
    figure.set_size_inches(WIDTH, _height(shown, rows) + LINE * put_legends(figure, shown))
    return figure


def _height(shown: Drawing, rows: int) -> float:
    if shown.x:
        return HEIGHT if len(shown.panels) == 1 else LOW * rows + 0.4
    return sum(0.7 + BAR * len(panel.curves) for panel in shown.panels)


def _lines(axes: Axes, panel: Panel) -> None:
    for curve in panel.curves:
        ink = color(curve.color)
        axes.plot(curve.x, curve.test, "-o", color=ink, zorder=3)
        axes.plot(curve.x, curve.train, "--", color=ink, linewidth=THIN, zorder=2)
        for values, spread in zip((curve.train, curve.test), curve.spread, strict=True):
            low, high = values - spread, values + spread
            axes.fill_between(curve.x, low, high, color=ink, alpha=0.2, linewidth=0)
    for threshold, ink in thresholds(panel).items():
        axes.axvline(threshold, color=ink, linestyle=":", linewidth=THIN, zorder=1)


def thresholds(panel: Panel) -> dict[float, str]:
    """Where lines mark interpolation, in the color of their curve; gray where curves share one."""
    found: dict[float, str] = {}
    for curve in panel.curves:
        if not math.isnan(curve.threshold):
            shared = curve.threshold in found or len(panel.curves) == 1
            found[curve.threshold] = INK if shared else color(curve.color)
    return found


def _bars(axes: Axes, panel: Panel) -> None:
    """Test risk as thick bars with their standard error, train risk as thin ones below."""
    places = np.arange(len(panel.curves), dtype=float)
    test = [curve.test[0] for curve in panel.curves]
    train = [curve.train[0] for curve in panel.curves]
    spread = [curve.spread[1, 0] for curve in panel.curves]
    thick, thin = (places - 0.12, 0.48), (places + 0.26, 0.2)
    axes.barh(thick[0], test, xerr=spread, height=thick[1], color=color(0), ecolor=INK)
    axes.barh(thin[0], train, height=thin[1], color=color(1))
    axes.set_yticks(places, [curve.label or "all cells" for curve in panel.curves])
    axes.invert_yaxis()


def _label(grid: np.ndarray, shown: Drawing, dataset: xr.Dataset) -> None:
    """Scales, numbers and titles of the axes."""
    curves = [curve for panel in shown.panels for curve in panel.curves]
    test, train = (np.concatenate([getattr(c, n) for c in curves]) for n in ("test", "train"))
    places = np.unique(np.concatenate([curve.x for curve in curves]))
    for axes in grid.flat:
        if shown.risk == "error":
            in_percent(axes.yaxis if shown.x else axes.xaxis)
        if shown.x:
            scale_risk(axes, test, train, loss=shown.risk == "loss")
            scale_places(axes, places, TICKS[grid.shape[1]])
            if is_share(dataset, shown.x):
                in_percent(axes.xaxis)
    for axes in grid[:, 0] if shown.x else ():
        axes.set_ylabel(shown.risk)
    for axes in grid[-1]:
        axes.set_xlabel(axis_title(dataset, shown.x) if shown.x else shown.risk)
