"""A view to a quantity over a plane of two axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np
import xarray as xr
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from ddspec.analysis.ends import averaged, ends, trajectory
from ddspec.errors import DdspecError
from ddspec.figures.lines import increasing
from ddspec.figures.roles import numeric, samples_axis, width_axis
from ddspec.figures.scales import DECADES
from ddspec.figures.sheets import finish, legend_below, sheet_of
from ddspec.figures.spacing import fit_axis
from ddspec.figures.style import PALE
from ddspec.figures.view import View, view
from ddspec.figures.words import axis_title, is_share, percent

TICKS: Final = 6  # numbers along a logarithmic axis
HALO: Final = patheffects.withStroke(linewidth=1.2, foreground="black")


@attrs.frozen(eq=False)
class Plane:
    """A mean over replicates at every point of two axes.

    x: (n,), y: (m,) increasing; values, train: (m, n), NaN where nothing was recorded, `train`
    None where the training set's quantity is not there. across, up: the axes' names.
    """

    shown: View
    across: str
    up: str
    values: np.ndarray
    train: np.ndarray | None
    x: np.ndarray
    y: np.ndarray

    @property
    def is_error(self) -> bool:
        """Whether the quantity is a share of labels."""
        return self.shown.of.endswith("_error")


def plane(
    dataset: xr.Dataset, of: str | None, x: str | None, y: str | None, sel: Mapping[str, Any]
) -> Plane:
    """The plane of a dataset: by default width across, and epochs or else samples up.

    Raises DdspecError where an axis is missing or has one value only, or nothing was recorded.
    """
    several = [name for name in numeric(dataset) if dataset.sizes[name] > 1]
    across = x or width_axis(dataset) or next(iter(several), None)
    other = next((name for name in several if name != across), None)
    up = y or trajectory(dataset) or samples_axis(dataset) or other
    if across is None or up is None or across == up:
        raise DdspecError(
            "the dataset has not two axes of numbers, such as width and epochs",
            "name others: x=..., y=... (`--x`, `--y`)",
        )
    shown = view(dataset, of, (across, up), sel)
    for name in (across, up):
        if name not in shown.dataset.dims or shown.dataset.sizes[name] == 1:
            raise DdspecError(f"`{name}` is no axis of two values or more")
    whole = {name: increasing(shown.dataset[name].values) for name in (across, up)}
    part = shown.dataset.isel(whole)
    values = _mean(part, shown.of, across, up)
    if not np.isfinite(values).any():
        raise DdspecError(f"`{shown.of}` has no value that is not missing")
    train = _mean(part, "train_error", across, up) if "train_error" in part else None
    places = [np.asarray(part[name].values, float) for name in (across, up)]
    return Plane(shown, across, up, values, train, places[0], places[1])


def norm_of(plane: Plane) -> Normalize:
    """Colors by value, or by its logarithm for losses that span decades."""
    low, high = float(np.nanmin(plane.values)), float(np.nanmax(plane.values))
    return LogNorm(low, high) if spans_decades(plane) else Normalize(low, high)


def spans_decades(plane: Plane) -> bool:
    """Whether losses span so many values that their logarithm is shown."""
    low, high = float(np.nanmin(plane.values)), float(np.nanmax(plane.values))
    return not plane.is_error and low > 0 and high > DECADES * low


def scale_plane(ax: Axes, plane: Plane) -> None:
    """Scales, ticks and titles of both axes."""
    dataset = plane.shown.dataset
    fit_axis(ax, "x", plane.x, TICKS, share=is_share(dataset, plane.across))
    fit_axis(ax, "y", plane.y, TICKS, share=is_share(dataset, plane.up))
    ax.set(xlabel=axis_title(dataset, plane.across), ylabel=axis_title(dataset, plane.up))


def put_fitted(ax: Axes, plane: Plane, epsilon: float) -> list[Any]:
    """The contour at which the training set is just fitted, and its entry in a legend."""
    train = plane.train
    if train is None or not np.nanmin(train) < epsilon < np.nanmax(train):
        return []
    for ink, width, style in (("white", 2.0, "-"), ("black", 1.0, "--")):
        ax.contour(
            plane.x, plane.y, train, [epsilon], colors=ink, linewidths=width, linestyles=style
        )
    words = f"train error = {percent(epsilon)}"
    return [Line2D([], [], color="black", linestyle="--", linewidth=1.0, label=words)]


def put_missing(ax: Axes, plane: Plane) -> list[Any]:
    """Gray where nothing was recorded, and its entry in a legend."""
    if np.isfinite(plane.values).all():
        return []
    ax.set_facecolor(PALE)
    return [Patch(facecolor=PALE, label="no value")]


def put_scale(ax: Axes, mappable: Any, plane: Plane) -> None:
    """The bar that says what the colors mean."""
    bar = ax.figure.colorbar(mappable, ax=ax, pad=0.02, aspect=25)
    bar.outline.set_visible(False)
    bar.set_label(plane.shown.of.replace("_", " "))
    if plane.is_error:
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))


def _mean(dataset: xr.Dataset, of: str, across: str, up: str) -> np.ndarray:
    values = dataset[of] if trajectory(dataset) in (across, up) else ends(dataset, of)
    return np.asarray(averaged(dataset, values).transpose(up, across).values, float)


def put_keys(axes: Axes, found: Plane, handles: Sequence[Any], *, own: bool) -> None:
    """What colors and lines mean: below a figure of its own, with a title, or in given axes."""
    if own:
        axes.set_title(found.shown.fixed)
        legend_below(sheet_of(axes), handles)
        finish(sheet_of(axes))
    elif handles:
        axes.legend(handles=list(handles))
