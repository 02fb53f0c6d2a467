"""`heatmap`: risk over the plane of width and epochs, or of width and samples."""

from __future__ import annotations

from typing import Any

import xarray as xr
from matplotlib.axes import Axes

from ddspec.analysis.phenomena.threshold import EPSILON
from ddspec.figures.planes import (
    norm_of,
    plane,
    put_fitted,
    put_keys,
    put_missing,
    put_scale,
    scale_plane,
)
from ddspec.figures.sheets import Size, axes_on, paper
from ddspec.figures.spacing import edges
from ddspec.figures.style import MAP


def draw_heatmap(
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
    """Test risk, averaged over seeds, as the color of every point of two axes.

    x: by default the widths. y: by default epochs, or samples where there is one reading. The
    dashed contour is where the training error is `epsilon`: there the effective model complexity
    is the number of training samples. Gray where nothing was recorded. Gives the axes.
    Source: Nakkiran et al., "Deep double descent", 2019, figure 2.
    Raises DdspecError where the dataset lacks what is asked for.
    """
    found = plane(dataset, of, x, y, sel)
    with paper(ax):
        axes = axes_on(ax, size, 2.3)
        mesh = axes.pcolormesh(
            edges(found.x),
            edges(found.y),
            found.values,
            cmap=MAP,
            norm=norm_of(found),
            edgecolors="face",  # no white lines between cells in PDF viewers
            linewidth=0.2,
        )
        scale_plane(axes, found)
        handles = [*put_fitted(axes, found, epsilon), *put_missing(axes, found)]
        put_scale(axes, mesh, found)
        put_keys(axes, found, handles, own=ax is None)
    return axes
