"""`surface`: risk over the plane of width and samples, as lines of equal risk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator

from ddspec.analysis.phenomena.threshold import EPSILON
from ddspec.errors import DdspecError
from ddspec.figures.planes import (
    HALO,
    Plane,
    norm_of,
    plane,
    put_fitted,
    put_keys,
    put_missing,
    put_scale,
    scale_plane,
    spans_decades,
)
from ddspec.figures.roles import samples_axis
from ddspec.figures.sheets import Size, axes_on, paper
from ddspec.figures.style import MAP
from ddspec.figures.words import percent, plain

EDGE: Final = 0.06  # of an axis, where no label fits
LEVELS: Final = 9  # lines of equal risk, about


def draw_surface(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    *,
    of: str | None = None,
    x: str | None = None,
    y: str | None = None,
    epsilon: float = EPSILON,
    size: Size = "column",
    **sel: Any,
) -> Axes:
    """Test risk, averaged over seeds, as a landscape from above with labeled lines of equal risk.

    x: by default the widths. y: by default samples, or else epochs. Dots are the points that were
    measured; between them risk is interpolated linearly in the axes as drawn. The dashed contour is
    where the training error is `epsilon`. Seen from above nothing hides behind a peak, and values
    can be read off, as they cannot in perspective. Gives the axes.
    Raises DdspecError where the dataset lacks what is asked for.
    """
    found = plane(dataset, of, x, y or samples_axis(_whole(dataset)), sel)
    levels = levels_of(found)
    with paper(ax):
        axes = axes_on(ax, size, 2.3)
        filled = axes.contourf(
            found.x, found.y, found.values, levels, cmap=MAP, norm=norm_of(found), extend="both"
        )
        lines = axes.contour(
            found.x, found.y, found.values, levels=levels, colors="white", linewidths=0.5
        )
        scale_plane(axes, found)
        put_labels(axes, lines, percent if found.is_error else plain)
        across, up = np.meshgrid(found.x, found.y)
        there = np.isfinite(found.values)
        axes.plot(across[there], up[there], ".", color="white", markersize=1, alpha=0.5)
        handles = [*put_fitted(axes, found, epsilon), *put_missing(axes, found)]
        put_scale(axes, filled, found)
        put_keys(axes, found, handles, own=ax is None)
    return axes


def put_labels(axes: Axes, lines: Any, words: Callable[[object], str]) -> None:
    """Values on lines of equal risk, none where it would be cut off."""
    for text in axes.clabel(lines, fontsize=6, fmt=words):
        at = axes.transAxes.inverted().transform(axes.transData.transform(text.get_position()))
        if (at > EDGE).all() and (at < 1 - EDGE).all():
            text.set_path_effects([HALO])
        else:
            text.remove()


def levels_of(found: Plane) -> np.ndarray:
    """Round values of risk at which lines are drawn.

    Raises DdspecError where risk is the same everywhere.
    """
    low, high = float(np.nanmin(found.values)), float(np.nanmax(found.values))
    if not low < high:
        raise DdspecError("risk is the same everywhere: there are no lines of equal risk")
    locator = LogLocator(numticks=LEVELS) if spans_decades(found) else MaxNLocator(LEVELS)
    levels = np.asarray(locator.tick_values(low, high))
    inside = levels[(levels > low) & (levels < high)]
    return inside if len(inside) > 1 else np.linspace(low, high, LEVELS)[1:-1]


def _whole(dataset: xr.Dataset) -> xr.Dataset:
    """The dataset without axes of one value."""
    return dataset.isel({name: 0 for name, size in dataset.sizes.items() if size == 1}, drop=True)
