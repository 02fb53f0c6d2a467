"""Axes to coordinates: what lies along each dimension, and what depends on several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ddspec.plan.plan import Plan
from ddspec.spec.model import Axis, Coordinate, Table, Trajectory

Variable = tuple[tuple[str, ...], np.ndarray, Mapping[str, Any]]


def coordinates(plan: Plan, axes: Sequence[Axis]) -> dict[str, Variable]:
    """Every coordinate of the dataset of a plan over the grid `axes`, trajectory included."""
    experiment = plan.experiment
    found: dict[str, Variable] = {}
    for axis in axes:
        found[axis.name] = ((axis.name,), labels(axis.labels), _about(axis))
        for name, values in axis.extras.items():
            found[name] = ((axis.name,), labels(values), {"long_name": name.replace("_", " ")})
    if experiment.trajectory.points:
        found[experiment.trajectory.unit] = _trajectory(experiment.trajectory)
    for name, table in experiment.derived.items():
        if _fits(table, axes):
            found[name] = (table.axes, _derived(table, axes), {"units": "1", "long_name": name})
    return {"parameters": parameters(plan, axes), **found}


def labels(values: Sequence[Coordinate]) -> np.ndarray:
    """Axis values as one array: whole numbers int64, numbers float64, names text, flags bool.

    Numbers are as written in the spec; where names stand among numbers all become text.
    """
    kinds = {type(value) for value in values}
    if kinds <= {bool} or kinds <= {int}:
        return np.asarray(values)
    if kinds <= {int, float}:
        return np.asarray(values, np.float64)
    return np.asarray([str(value) for value in values])


def parameters(plan: Plan, axes: Sequence[Axis]) -> Variable:
    """The number of trained parameters, int64, over the axes it depends on; 0 where no cell is.

    Known from the plan, so also of cells that have not been trained.
    """
    counts = np.where(plan.index >= 0, _counts(plan)[np.maximum(plan.index, 0)], 0)
    free = {axis.name for axis in axes}
    shown, sizes = [], []
    for place, axis in enumerate(plan.experiment.axes):
        reads = axis.name in plan.experiment.architecture.axes
        if axis.name in free and (reads or _varies(counts, place)):
            shown.append(axis.name)
            sizes.append(len(axis))
        else:
            counts = counts.max(axis=place, keepdims=True)
    about = {"long_name": "trained parameters", "units": "1"}
    return tuple(shown), counts.reshape(sizes), about


def _counts(plan: Plan) -> np.ndarray:
    """Trained parameters of every cell, (cells,): asked once for each combination of parts."""
    if not len(plan):
        return np.zeros(1, np.int64)
    datasets, architectures, compositions = plan.parts[:3]
    combinations, inverse = np.unique(plan.rows[:, :3], axis=0, return_inverse=True)
    counts = [
        architectures[a].parameters(datasets[d].shape, datasets[d].outputs, compositions[r])
        for d, a, r in combinations.tolist()
    ]
    return np.asarray(counts, np.int64)[inverse.reshape(-1)]


def _varies(counts: np.ndarray, place: int) -> bool:
    """True when the count depends on an axis, leaving out the points without a cell."""
    most = counts.max(axis=place)
    least = np.where(counts > 0, counts, np.iinfo(np.int64).max).min(axis=place)
    return bool((most > np.minimum(least, most)).any())


def _about(axis: Axis) -> dict[str, str]:
    return {"long_name": axis.spelling, "units": axis.unit or "1", "role": axis.kind}


def _trajectory(trajectory: Trajectory) -> Variable:
    points = np.asarray(trajectory.points, np.int32)
    about = {
        "long_name": f"{trajectory.unit} of training",
        "units": trajectory.unit,
        "role": "trajectory",
    }
    return (trajectory.unit,), points, about


def _fits(table: Table[float], axes: Sequence[Axis]) -> bool:
    """False for what depends on a tuned number, which is no axis of the dataset."""
    return set(table.axes) <= {axis.name for axis in axes}


def _derived(table: Table[float], axes: Sequence[Axis]) -> np.ndarray:
    sizes = {axis.name: len(axis) for axis in axes}
    values = [np.nan if value is None else value for value in table.values]
    return np.asarray(values, np.float64).reshape([sizes[name] for name in table.axes])
