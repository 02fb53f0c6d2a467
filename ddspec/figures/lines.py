"""A view to its curves: means and bands along an axis, one for each value of another."""

from __future__ import annotations

from typing import Any, Final

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.bands import band
from ddspec.figures.roles import composition_axis, terms
from ddspec.figures.style import MARKS, color, shades
from ddspec.figures.view import View, along
from ddspec.figures.words import spaced, value_words

LEVEL: Final = 0.95  # of every band and interval
FEWEST: Final = 3  # seeds of a band
MOST: Final = 6  # curves that can be told apart on one pair of axes


@attrs.frozen(eq=False)
class Line:
    """A curve of `n` points in increasing x without missing ones.

    place: of its value along the axis that the curves differ in. ink, mark: how it is drawn.
    x, mean, low, high: (n,) float64; low and high are the mean where nothing tells its spread.
    """

    label: str
    place: int | None
    ink: Any
    mark: str
    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def lines(shown: View, x: str, hue: str | None, of: str | None = None) -> list[Line]:
    """The curves of a view along x, at most six; those without a point are left out.

    of: another quantity than the view's. Of more than six values of `hue`, those of a numeric axis
    are thinned evenly and of compositions none, each term alone and all together are kept.
    """
    dataset, name = shown.dataset, of or shown.of
    dim = along(dataset, x)
    dataset = dataset.isel({dim: increasing(dataset[dim].values)})
    mean, low, high = banded(dataset, name, dim)
    places = [None] if hue is None else kept(dataset, hue)
    found = []
    for number, (place, ink) in enumerate(zip(places, inks(dataset, hue, places), strict=True)):
        at = {} if hue is None else {hue: place}
        label = "" if hue is None else labeled(dataset, hue, place)
        values = (each.isel(at).values for each in (mean, low, high))
        mark = MARKS[number % len(MARKS)]
        line = Line(label, place, ink, mark, positions(dataset, x, at), *values)
        line = _whole(line)
        if len(line.x):
            found.append(line)
    return found


def banded(dataset: xr.Dataset, of: str, dim: str) -> tuple[xr.DataArray, ...]:
    """Mean, low and high along a numeric axis; low and high are NaN below three seeds."""
    found = band(dataset, of, dim, level=LEVEL)
    known = found["seeds"] >= FEWEST
    ends_of = (found[name].where(known) for name in ("low", "high"))
    return tuple(each.transpose(..., dim) for each in (found["mean"], *ends_of))


def positions(dataset: xr.Dataset, x: str, at: dict[str, Any]) -> np.ndarray:
    """Where the points of a curve lie along x, (n,): coordinates may differ between curves."""
    values = dataset[x]
    values = values.isel({name: n for name, n in at.items() if name in values.dims})
    others = {name: 0 for name in values.dims if name != along(dataset, x)}
    return np.asarray(values.isel(others).values, np.float64)


def kept(dataset: xr.Dataset, hue: str) -> list[int]:
    """The places of at most six values of an axis, in their order."""
    count = dataset.sizes[hue]
    if count <= MOST:
        return list(range(count))
    if hue == composition_axis(dataset):
        parts = [terms(str(label)) for label in dataset[hue].values]
        most = max(map(len, parts))
        ends_of = [n for n, part in enumerate(parts) if len(part) <= 1 or len(part) == most]
        if len(ends_of) <= MOST:
            return ends_of
    return sorted({*np.linspace(0, count - 1, MOST).round().astype(int).tolist()})


def inks(dataset: xr.Dataset, hue: str | None, places: list[Any]) -> list[Any]:
    """Colors of the curves: in the order of lightness for numbers, apart for names."""
    if hue is not None and dataset[hue].dtype.kind in "if" and len(places) > 1:
        return shades(len(places))
    return [color(number) for number in range(len(places))]


def labeled(dataset: xr.Dataset, hue: str, place: Any) -> str:
    """The name of a curve: a value of the axis that curves differ in."""
    return spaced(value_words(dataset, hue, dataset[hue].values[place].item()))


def increasing(values: np.ndarray) -> np.ndarray:
    """The positions of numbers in their order, without missing ones."""
    order = np.argsort(values, kind="stable")
    found: np.ndarray = order[np.isfinite(values[order])]
    return found


def _whole(line: Line) -> Line:
    """Its points that have a value, in increasing x."""
    order = np.argsort(line.x, kind="stable")
    order = order[np.isfinite(line.x)[order] & np.isfinite(line.mean)[order]]
    low, high = (np.where(np.isfinite(e), e, line.mean)[order] for e in (line.low, line.high))
    return attrs.evolve(line, x=line.x[order], mean=line.mean[order], low=low, high=high)
