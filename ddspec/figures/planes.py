"""A view to a quantity over a plane of two axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs
import numpy as np
import xarray as xr
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ddspec.analysis.ends import averaged, ends, trajectory
from ddspec.errors import DdspecError
from ddspec.figures.roles import samples_axis, width_axis
from ddspec.figures.scales import DECADES, is_logarithmic, log_ticks
from ddspec.figures.style import PALE
from ddspec.figures.view import View, view
from ddspec.figures.words import axis_title, is_share, percent, plain

TICKS: Final = 6  # numbers along a logarithmic axis
ALL: Final = 7  # values of an axis that are all written below it
FACTOR: Final = 2.0  # between two places that lie on a logarithmic axis
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
    across, up = x or width_axis(dataset), y or trajectory(dataset) or samples_axis(dataset)
    if across is None or up is None or across == up:
        raise DdspecError(
            "a plane needs two axes of numbers, such as width and epochs",
            "name them: x=..., y=... (`--x`, `--y`)",
        )
    shown = view(dataset, of, (across, up), sel)
    for name in (across, up):
        if name not in shown.dataset.dims or shown.dataset.sizes[name] == 1:
            raise DdspecError(f"`{name}` is no axis of two values or more")
    values = _mean(shown.dataset, shown.of, across, up)
    if not np.isfinite(values).any():
        raise DdspecError(f"`{shown.of}` has no value that is not missing")
    fitted = "train_error" in shown.dataset
    train = _mean(shown.dataset, "train_error", across, up) if fitted else None
    order = shown.dataset.sortby([across, up])
    ends_of = (np.asarray(order[name].values, float) for name in (across, up))
    return Plane(shown, across, up, values, train, *ends_of)


def norm_of(plane: Plane) -> Normalize:
    """Colors by value, or by its logarithm for losses that span decades."""
    low, high = float(np.nanmin(plane.values)), float(np.nanmax(plane.values))
    return LogNorm(low, high) if spans_decades(plane) else Normalize(low, high)


def spans_decades(plane: Plane) -> bool:
    """Whether losses span so many values that their logarithm is shown."""
    low, high = float(np.nanmin(plane.values)), float(np.nanmax(plane.values))
    return not plane.is_error and low > 0 and high > DECADES * low


def edges(places: np.ndarray) -> np.ndarray:
    """Between n increasing places, and as far beyond the outer ones, (n + 1,): in logarithms where
    the axis is logarithmic.
    """
    logarithmic = in_ratios(places)
    at = np.log(places) if logarithmic else places
    middle = (at[1:] + at[:-1]) / 2
    outer = (at[0] - (middle[0] - at[0]), at[-1] + (at[-1] - middle[-1]))
    found = np.concatenate([outer[:1], middle, outer[1:]])
    return np.exp(found) if logarithmic else found


def in_ratios(places: np.ndarray) -> bool:
    """Whether an axis is logarithmic: its places are spaced so, or are two far apart."""
    two = len(places) == 2  # noqa: PLR2004 (a pair)
    return is_logarithmic(places) or bool(two and places[1] >= FACTOR * places[0] > 0)


def scale_plane(ax: Axes, plane: Plane) -> None:
    """Scales, ticks and titles of both axes."""
    dataset = plane.shown.dataset
    for axis, name, places in ((ax.xaxis, plane.across, plane.x), (ax.yaxis, plane.up, plane.y)):
        if in_ratios(places):
            getattr(ax, f"set_{axis.axis_name}scale")("log")
            axis.set_minor_locator(NullLocator())
            axis.set_major_locator(FixedLocator(log_ticks(places[0], places[-1], TICKS)))
        if len(places) <= ALL:
            axis.set_major_locator(FixedLocator(places.tolist()))
        share = is_share(dataset, name)
        axis.set_major_formatter(FuncFormatter(lambda v, _, s=share: percent(v) if s else plain(v)))
        axis.set_label_text(axis_title(dataset, name))


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
    mean = averaged(dataset, values).sortby([across, up])
    return np.asarray(mean.transpose(up, across).values, float)
