"""`sensitivity`: risk at multiples of the best strength, relative to the risk at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ddspec.analysis.tuning.sensitivity import sensitivity
from ddspec.errors import DdspecError
from ddspec.figures.lines import Line, inks, kept, labeled
from ddspec.figures.roles import composition_axis, near
from ddspec.figures.scales import log_ticks
from ddspec.figures.sheets import Size, entitle, finish, legend_below, paper, sheet
from ddspec.figures.style import HAIR, INK, MARKS
from ddspec.figures.view import View, view
from ddspec.figures.wise import keys, put_lines, risk_title, usual_hue
from ddspec.figures.words import plain, spaced

TALL: Final = 1.7  # inches
MOST: Final = 4  # strengths beside each other
WITHIN: Final = 0.05  # of the optimum's risk: the basin
TICKS: Final = 5


def draw_sensitivity(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    *,
    of: str | None = None,
    hue: str | None = None,
    strength: str | None = None,
    select: str = "",
    size: Size = "column",
    **sel: Any,
) -> Axes | Figure:
    """How much the risk depends on a tuned strength: it over that at the best, against multiples.

    dataset: with the risks of all candidates, the tuned axes among its dimensions
    (`candidates/<experiment>.nc` of a run folder). The best strength is chosen on validation
    samples (`select`, by default the validation error), so that another may have the lower test
    risk. Bands are 95 % intervals of the ratio, paired by seed. Dotted: 5 % above the best. hue: by
    default compositions. strength: a tuned axis; by default all, a panel each. Gives `ax`, which
    takes one strength, or a new figure.
    Source: `ddspec.analysis.tuning.sensitivity`.
    Raises DdspecError where the dataset lacks what is asked for.
    """
    tuned = strengths(dataset, strength)
    several = dataset.isel(dict.fromkeys(strengths(dataset, None), 0), drop=True)
    hue = hue or usual_hue(several, "", sel, composition_axis(several))
    shown = view(dataset, of, (hue, *strengths(dataset, None)), sel)
    found = sensitivity(shown.dataset, of=shown.of, select=select)
    panels = {n: c for n in tuned if (c := curves(shown, found.sel(strength=n), hue))}
    if not panels:
        raise DdspecError(f"no strength has a `{shown.of}` at another candidate than the best")
    with paper(ax):
        if ax is not None:
            put_curves(ax, *next(iter(panels.items())))
            ax.set_ylabel(f"{risk_title(shown.of)} / that at the best")
            return ax
        figure = sheet(size, TALL + 0.35)
        grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for panel, each in zip(grid, panels.items(), strict=True):
            put_curves(panel, *each)
        grid[0].set_ylabel(f"{risk_title(shown.of)} / that at the best")
        entitle(figure, shown.fixed)
        every = {line.place or 0: line for lines in panels.values() for line in lines}
        handles = keys(shown, [every[place] for place in sorted(every)], hue, marked=False)
        words = f"{100 * WITHIN:.0f}% above the best"
        dotted = Line2D([], [], color=INK, linestyle=":", linewidth=HAIR, label=words)
        legend_below(figure, [*handles, dotted])
        finish(figure)
    return figure


def strengths(dataset: xr.Dataset, name: str | None) -> list[str]:
    """The tuned axes, or the one of that name.

    Raises DdspecError when there are none.
    """
    known = [str(n) for n in dataset.dims if dataset[n].attrs.get("role") == "tuned"]
    if name is None and known:
        return known[:MOST]
    if name in known:
        return [str(name)]
    raise DdspecError(
        "the dataset has no tuned axis" if name is None
        else f"the dataset has no tuned axis `{name}`{near(name, known)}",
        "tune one in the spec: l2(tune({1e-4, 1e-3, 1e-2}, minimise: validation_error))",
    )  # fmt: skip


def curves(shown: View, found: xr.Dataset, hue: str | None) -> list[Line]:
    """Relative risks against multiples, for each value of `hue` that reads the strength."""
    places = [None] if hue is None else kept(shown.dataset, hue)
    drawn = []
    for number, (place, ink) in enumerate(
        zip(places, inks(shown.dataset, hue, places), strict=True)
    ):
        part = found if hue is None else found.isel({hue: place})
        mean, low, high = (part[f"relative_{n}"].values for n in ("risk", "low", "high"))
        there = np.isfinite(mean)
        if there.sum() < 2:  # noqa: PLR2004 (a curve has two points)
            continue
        low, high = np.where(np.isfinite(low), low, mean), np.where(np.isfinite(high), high, mean)
        label = "" if hue is None else labeled(shown.dataset, hue, place)
        values = (each[there] for each in (found["factor"].values, mean, low, high))
        drawn.append(Line(label, place, ink, MARKS[number % len(MARKS)], *values))
    return drawn


def put_curves(ax: Axes, name: str, drawn: Sequence[Line]) -> None:
    """The curves of one strength on logarithmic multiples."""
    put_lines(ax, drawn)
    places = np.unique(np.concatenate([line.x for line in drawn]))
    ax.axhline(1, color=INK, linewidth=HAIR, zorder=1)
    ax.axhline(1 + WITHIN, color=INK, linewidth=HAIR, linestyle=":", zorder=1)
    ax.set_xscale("log")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_locator(FixedLocator(log_ticks(places[0], places[-1], TICKS)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    ax.set_xlabel(f"{spaced(name).removesuffix(' tuned')} / the best")
