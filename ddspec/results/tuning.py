"""Tuned axes away: of the candidates of each `tune(...)`, the one validation likes best."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from ddspec.results.readings import DIVERGED, FAILED, Readings
from ddspec.spec.model import Axis, Experiment

ABSENT = -1  # a filter or condition rejects the grid point
UNTUNED = -2  # no candidate of the grid point could be chosen
REJECTED = -3  # the candidate lost before its training was complete


@attrs.frozen(eq=False)
class Tuned:
    """A grid without tuned axes.

    axes: the remaining ones. index: their shape, the number of each point's cell, or ABSENT, or
    UNTUNED. chosen: for each tuned axis the dimensions and values of the candidate that was
    chosen, NaN where there was nothing to choose.
    """

    axes: tuple[Axis, ...]
    index: np.ndarray
    chosen: Mapping[str, tuple[tuple[str, ...], np.ndarray]]


def tune(experiment: Experiment, index: np.ndarray, readings: Readings) -> Tuned:
    """Choose a candidate of every tuned axis at every point of the other axes.

    index: of the grid's shape; REJECTED candidates cannot win. A candidate's worth is the axis's
    criterion at the end of training, averaged over the axes in `across`, of seeds over those that
    select: one choice serves all of their points. The least worth wins, the first of equals. A
    candidate with a run that failed, diverged or is missing cannot win, so that all are averaged
    over the same seeds; where none is left, status says why. Where all candidates are one cell
    there is nothing to choose, and the cell is shown as it is.
    """
    names = [axis.name for axis in experiment.axes]
    chosen: dict[str, np.ndarray] = {}
    for axis in reversed([axis for axis in experiment.axes if axis.kind == "tuned"]):
        place = names.index(axis.name)
        across = tuple(names.index(name) for name in axis.across)
        seen = np.where(_selecting(axis, experiment), index, ABSENT)
        best, eligible = _best(seen, readings.last(axis.criterion), place, across)
        untouched = _untouched(index, place)
        real = eligible & ~(untouched.all(axis=across, keepdims=True) & (len(axis) > 1))
        chosen = {name: _pick(earlier, best, place) for name, earlier in chosen.items()}
        chosen[axis.name] = np.where(real, np.asarray(axis.labels, np.float64)[best], np.nan)
        index = _settle(_pick(index, best, place), eligible | untouched, index, readings, place)
    kept = [n for n, axis in enumerate(experiment.axes) if axis.kind != "tuned"]
    return Tuned(
        tuple(experiment.axes[n] for n in kept),
        index.reshape([index.shape[n] for n in kept]),
        {name: _squeezed(values, name, experiment) for name, values in chosen.items()},
    )


def split_axis(experiment: Experiment, tuned: Axis) -> tuple[str, list[int]]:
    """The replicate axis some of whose points select, and their positions."""
    for axis in experiment.axes:
        if axis.name in tuned.across and axis.kind == "replicate":
            chosen = [n for n, label in enumerate(axis.labels) if label in tuned.select_on]
            return axis.name, chosen
    raise ValueError("what selects are points of a replicate axis that is averaged over")


def _selecting(axis: Axis, experiment: Experiment) -> np.ndarray:
    """Where seeds select, broadcastable over the grid; along all other axes the length is 1."""
    found = np.ones([1] * len(experiment.axes), bool)
    if not axis.select_on:
        return found
    name, chosen = split_axis(experiment, axis)
    place = [each.name for each in experiment.axes].index(name)
    mask = np.isin(np.arange(len(experiment.axes[place])), chosen)
    return mask.reshape([-1 if n == place else 1 for n in range(found.ndim)])


def _best(
    index: np.ndarray, worth: np.ndarray, place: int, across: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """The position of the best candidate, and whether there is one; both keep every dimension."""
    there = index != ABSENT
    values = np.append(worth, np.nan)[np.where(index >= 0, index, len(worth))]
    count = there.sum(axis=across, keepdims=True)
    total = np.where(there, values, 0.0).sum(axis=across, keepdims=True)
    mean = np.divide(total, count, out=np.full(total.shape, np.inf), where=count > 0)
    mean[~np.isfinite(mean)] = np.inf
    best = np.argmin(mean, axis=place, keepdims=True)
    return best, np.isfinite(np.take_along_axis(mean, best, axis=place))


def _untouched(index: np.ndarray, place: int) -> np.ndarray:
    """True where all candidates are one cell: a composition that the tuned number is no part of."""
    return np.asarray((index == index.take([0], axis=place)).all(axis=place, keepdims=True))


def _pick(values: np.ndarray, best: np.ndarray, place: int) -> np.ndarray:
    """The values of the chosen candidate; the tuned dimension keeps length 1."""
    if values.shape[place] == 1 and best.max(initial=0) == 0:
        return values
    return np.take_along_axis(values, best, axis=place)


def _settle(
    picked: np.ndarray, eligible: np.ndarray, index: np.ndarray, readings: Readings, place: int
) -> np.ndarray:
    """The picked cells; without an eligible candidate a failed or diverged one, or none."""
    known = np.argmax(index > REJECTED, axis=place, keepdims=True)  # the first that was tried
    first = np.take_along_axis(index, known, axis=place)
    broken = np.append(np.isin(readings.status, (FAILED, DIVERGED)), False)
    told = (first == ABSENT) | broken[np.where(first >= 0, first, len(broken) - 1)]
    return np.where(eligible, picked, np.where(told, first, UNTUNED))


def _squeezed(
    values: np.ndarray, name: str, experiment: Experiment
) -> tuple[tuple[str, ...], np.ndarray]:
    """Dimensions and values of a choice without tuned axes and the axes it was averaged over."""
    across = experiment.axis(name).across
    kept = [
        n
        for n, axis in enumerate(experiment.axes)
        if axis.kind != "tuned" and not (axis.name in across and values.shape[n] == 1)
    ]
    return tuple(experiment.axes[n].name for n in kept), values.reshape(
        [values.shape[n] for n in kept]
    )
