"""A dataset to the curves of its figure: risk at the end of training along one axis."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Final, Literal

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.ends import averaged, ends, replicates, standard_error, trajectory
from ddspec.analysis.phenomena.threshold import EPSILON, interpolation_threshold
from ddspec.figures.words import axis_title, value_words

MOST: Final = 6  # curves that can be told apart in one panel
BARS: Final = 24  # single points that fit under each other
PANELS: Final = 12  # panels that can be read on one page


@attrs.frozen(eq=False)
class Curve:
    """Train and test risk of one combination, averaged over replicates, along x.

    x, train, test: (n,) float64 without missing points. spread: (2, n) standard errors of train
    and test over replicates, 0 where there is one. color: its number in its panel, the same for the
    same combination in every panel. threshold: where training interpolates, or NaN.
    """

    label: str
    color: int
    x: np.ndarray
    train: np.ndarray
    test: np.ndarray
    spread: np.ndarray
    threshold: float


@attrs.frozen(eq=False)
class Panel:
    """Curves that share a pair of axes, and what sets them apart from other panels."""

    title: str
    curves: tuple[Curve, ...]


@attrs.frozen(eq=False)
class Drawing:
    """Everything a figure of risk shows.

    x: the name of its axis; "" when curves are single points, drawn as bars. risk: whether errors
    or losses. runs: over how many replicates is averaged, in words. shown: how many values of
    thinned axes.
    """

    x: str
    risk: Literal["error", "loss"]
    panels: tuple[Panel, ...]
    runs: str
    epsilon: float = EPSILON
    shown: str = ""


def risk_kind(dataset: xr.Dataset) -> Literal["error", "loss"]:
    """What the figure shows: errors where there are any, losses otherwise."""
    return "error" if "test_error" in dataset else "loss"


def drawing(dataset: xr.Dataset) -> Drawing:
    """The curves of the figure of a dataset.

    x is `width` or the first numeric design axis of several values; without one, the epochs;
    without those, none. Of the other design axes each combination is a curve; when these are more
    than six, one axis is spread over panels, and axes that still do not fit are thinned out,
    which the figure says.
    """
    over = replicates(dataset)
    single = {n: 0 for n in dataset.dims if dataset.sizes[n] == 1 and n not in over}
    dataset = dataset.isel(single, drop=True)
    x = x_axis(dataset)
    risk = risk_kind(dataset)
    names = [n for n in design_axes(dataset) if n != x]
    thin, by = fitting(dataset, names, MOST if x else BARS)
    panels = [
        Panel(title, _curves(part, x, risk, [n for n in names if n != by]))
        for title, part in _parts(thin, by)
    ]
    shown = [
        f"{thin.sizes[n]} of {dataset.sizes[n]} values of {axis_title(dataset, n)}"
        for n in names
        if thin.sizes[n] < dataset.sizes[n]
    ]
    count = math.prod(dataset.sizes[name] for name in over)
    runs = f"{count} {'seeds' if over == ('seed',) else 'runs'}" if count > 1 else ""
    return Drawing(x, risk, tuple(p for p in panels if p.curves), runs, EPSILON, ", ".join(shown))


def fitting(dataset: xr.Dataset, names: Sequence[str], most: int) -> tuple[xr.Dataset, str | None]:
    """The dataset with few enough labels to draw, and the axis that panels differ in.

    The longest axis is halved, its ends kept, until at most `most` curves are in each panel.
    """
    while True:
        sizes = {n: dataset.sizes[n] for n in names}
        count = math.prod(sizes.values())
        if count <= most:
            return dataset, None
        for name, size in sizes.items():
            if count <= most * size and size <= PANELS:
                return dataset, name
        longest = max(names, key=lambda n: sizes[n])
        kept = np.linspace(0, sizes[longest] - 1, (sizes[longest] + 1) // 2).round().astype(int)
        dataset = dataset.isel({longest: kept})


def design_axes(dataset: xr.Dataset) -> list[str]:
    """The dimensions that are neither replicates nor readings along a run, several values each."""
    other = {*replicates(dataset), trajectory(dataset)}
    dims = dataset["status"].dims if "status" in dataset else tuple(dataset.dims)
    return [str(n) for n in dims if n not in other and dataset.sizes[n] > 1]


def x_axis(dataset: xr.Dataset) -> str:
    """The axis to draw against; empty when there is none of at least two values."""
    numeric = [n for n in design_axes(dataset) if dataset[n].dtype.kind in "if"]
    if "width" in numeric:
        return "width"
    along = trajectory(dataset)
    return numeric[0] if numeric else along if along and dataset.sizes[along] > 1 else ""


def _parts(dataset: xr.Dataset, by: str | None) -> list[tuple[str, xr.Dataset]]:
    if by is None:
        return [("", dataset)]
    return [
        (value_words(dataset, by, value.item()), dataset.isel({by: n}))
        for n, value in enumerate(dataset[by].values)
    ]


def _curves(dataset: xr.Dataset, x: str, risk: str, rest: Sequence[str]) -> tuple[Curve, ...]:
    labels = [dataset[name].values for name in rest]
    found = []
    for color, place in enumerate(itertools.product(*(range(len(v)) for v in labels))):
        part = dataset.isel(dict(zip(rest, place, strict=True)))
        words = [
            value_words(dataset, name, values[n].item())
            for name, values, n in zip(rest, labels, place, strict=True)
        ]
        curve = _curve(part, x, risk, ", ".join(words), color)
        if len(curve.x):
            found.append(curve)
    return tuple(found)


def _curve(dataset: xr.Dataset, x: str, risk: str, label: str, color: int) -> Curve:
    design = x in design_axes(dataset)
    names = [f"{split}_{risk}" for split in ("train", "test")]
    values = [ends(dataset, n) if design or not x else dataset[n] for n in names]
    train, test = (np.atleast_1d(averaged(dataset, each).values).astype(float) for each in values)
    spread = np.stack(
        [np.atleast_1d(standard_error(dataset, each).fillna(0).values) for each in values]
    )
    places = dataset[x].values.astype(float) if x else np.zeros(1)
    order = np.argsort(places)
    known = order[np.isfinite(places)[order] & np.isfinite(test)[order]]
    threshold = interpolation_threshold(dataset, x).item() if design else math.nan
    if known.size and threshold == places[known[0]]:
        threshold = math.nan  # at the start of what was tried: it may lie anywhere before
    return Curve(
        label, color, places[known], train[known], test[known], spread[:, known], threshold
    )
