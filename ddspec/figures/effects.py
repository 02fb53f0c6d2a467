"""`effects`: what each regularizer does on average, and to the others, with intervals."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from ddspec.analysis.composition.effects import effects
from ddspec.errors import DdspecError
from ddspec.figures.roles import composition_axis, design
from ddspec.figures.sheets import Size, axes_on, entitle, finish, legend_below, paper, sheet_of
from ddspec.figures.style import HAIR, INK, color
from ddspec.figures.view import View, view
from ddspec.figures.wise import risk_title
from ddspec.figures.words import axis_title, spaced

ZERO: Final = 1e-9
ROW: Final = 0.15  # inches, of a bar


def draw_effects(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    *,
    of: str | None = None,
    x: str | None = None,
    order: int = 2,
    size: Size = "column",
    **sel: Any,
) -> Axes:
    """Main effects of the terms of compositions and their interactions, as bars from zero.

    A main effect is the mean risk with a term less the mean without it; an interaction is half of
    what a term does with another there less what it does without. Bars to the left lower the risk.
    Intervals are of 95 %, Student's over whole seeds; bars are pale where they reach over zero.
    x: the axis of compositions. order: the most terms of an effect. Axes without a label in `sel`
    are averaged over, as the title says: effects, unlike curves, are means over the design.
    Gives the axes. Source: `ddspec.analysis.composition.effects`.
    Raises DdspecError where the dataset lacks what is asked for, or some subsets of the terms.
    """
    over = x or composition_axis(dataset)
    if over is None:
        raise DdspecError("the dataset has no axis of compositions of regularizers")
    free = [n for n in design(dataset) if n not in (over, *sel) and dataset.sizes[n] > 1]
    shown = view(dataset, of, (over, *free), sel)
    found = effects(shown.dataset, shown.of, over, order=order)
    name = "effect_overall" if "effect_overall" in found else "effect"
    value, low, high = (found[f"{name}{end}"].values for end in ("", "_low", "_high"))
    if not np.isfinite(value).any():
        raise DdspecError(f"no seed has `{shown.of}` at every composition")
    with paper(ax):
        axes = axes_on(ax, size, ROW * len(value) + 0.6)
        put_bars(axes, found, value, low, high)
        axes.set_xlabel(f"effect on {risk_title(shown.of)}")
        if shown.of.endswith("_error"):
            axes.set_xlabel(f"effect on {risk_title(shown.of)} (% points)")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: points(v)))
        if ax is None:
            entitle(sheet_of(axes), _fixed(shown, free))
            legend_below(sheet_of(axes), _keys(found, low, high))
            finish(sheet_of(axes))
    return axes


def put_bars(
    ax: Axes, found: xr.Dataset, value: np.ndarray, low: np.ndarray, high: np.ndarray
) -> None:
    """Bars from zero, the first effect on top, with intervals where there are any."""
    places = np.arange(len(value))
    (dim,), orders = found["order"].dims, found["order"].values
    for each in np.unique(orders):
        its = orders == each
        bars = ax.barh(places[its], value[its], height=0.66, color=color(int(each) - 1))
        for bar, lower, upper in zip(bars, low[its], high[its], strict=True):
            bar.set_alpha(1.0 if lower > 0 or upper < 0 else 0.35)
    known = np.isfinite(low) & np.isfinite(high)
    ax.hlines(places[known], low[known], high[known], color=INK, linewidth=1.0)
    ax.axvline(0, color=INK, linewidth=HAIR)
    names = (str(name).replace(" x ", " \N{MULTIPLICATION SIGN} ") for name in found[dim].values)
    ax.set_yticks(places, [spaced(name) for name in names])
    ax.set_ylim(len(value) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)


def points(share: float) -> str:
    """A difference of shares in percentage points, with its sign: `+1.5`."""
    return f"{round(100 * share, 6):+.4g}" if abs(share) > ZERO else "0"


def _fixed(shown: View, free: list[str]) -> str:
    """At which values, and averaged over what."""
    axes = " and ".join(axis_title(shown.dataset, name).split(" (")[0] for name in free)
    return ", ".join(part for part in (shown.fixed, axes and f"mean over {axes}") if part)


def _keys(found: xr.Dataset, low: np.ndarray, high: np.ndarray) -> list[Any]:
    orders = np.unique(found["order"].values)
    names = {1: "main effect", 2: "interaction of two"}
    handles: list[Any] = [
        Patch(color=color(int(n) - 1), label=names.get(int(n), f"of {n} terms")) for n in orders
    ]
    if np.isfinite(low).any():
        words = f"95% interval, {found.attrs['whole_seeds']} seeds"
        handles.append(Line2D([], [], color=INK, linewidth=1.0, label=words))
    if ((low <= 0) & (high >= 0)).any():
        handles.append(Patch(color=INK, alpha=0.35, label="0 inside"))
    return handles
