"""Plan and store to the dataset of risk: every grid point's readings at their labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from ddspec.plan.plan import Plan
from ddspec.results.coordinates import coordinates
from ddspec.results.meaning import describe, inner_dims, shapes, stored_names
from ddspec.results.readings import EXCLUDED, FAILED, MISSING, Readings, gather
from ddspec.results.store import Store
from ddspec.results.tuning import ABSENT, Tuned, tune
from ddspec.spec.model import Axis
from ddspec.vocabulary.measure import Across


def assemble(plan: Plan, store: Store, *, provenance: Mapping[str, str]) -> xr.Dataset:
    """The dataset of one experiment from what is stored of its cells.

    Dimensions: the design axes in spec order, replicate axes, then `epochs` (or `steps`) when the
    experiment reads runs along the way; without it every value is from the end of training. Tuned
    axes are gone: their chosen values are variables of the axes' names. Variables: float32
    `train_loss`, `test_loss`, `train_error`, ... and measures, NaN where there is no reading;
    `status` says why (int8; the attribute `flag_meanings` has the words); `seconds`;
    `stop_epoch` (or `stop_step`): the length of each run. Attributes are text and whole numbers,
    structured ones as JSON; `provenance` adds its own.
    """
    experiment = plan.experiment
    arrays = shapes(plan)
    names = sorted({*stored_names(plan).values()} - {*arrays})
    readings = gather(plan, store, names, arrays)
    grid = tune(experiment, plan.index, readings)
    found = {
        name: (dims, values, describe(name, experiment))
        for name, (dims, values) in _variables(plan, grid, readings).items()
    }
    return xr.Dataset(
        found, coordinates(plan, grid.axes), _attributes(plan, readings, grid.axes, provenance)
    )


def _variables(
    plan: Plan, grid: Tuned, readings: Readings
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    dims = tuple(axis.name for axis in grid.axes)
    trajectory = plan.experiment.trajectory
    along = (trajectory.unit,) if trajectory.points else ()
    found = {}
    for name, stored in stored_names(plan).items():
        measure = plan.experiment.measures.get(name)
        if isinstance(measure, Across):
            found[name] = _compared(measure, readings.arrays[stored], grid, along)
        elif measure is not None and stored in readings.arrays:
            values, inner = readings.arrays[stored], inner_dims(plan, measure)
            spread = _spread(values if along else values[:, 0], grid.index)
            found[name] = ((*dims, *along, *inner), spread)
        else:
            values = readings.values[:, readings.names.index(stored)]
            found[name] = ((*dims, *along), _spread(values if along else values[:, 0], grid.index))
    found |= dict(grid.chosen)
    found["status"] = (dims, _status(readings.status, grid.index))
    found["seconds"] = (dims, _spread(readings.seconds, grid.index))
    if not _solved(plan):
        name = "stop_epoch" if trajectory.unit == "epochs" else "stop_step"
        found[name] = (dims, _spread(readings.stop, grid.index, empty=0))
    return found


def _compared(
    measure: Across, values: np.ndarray, grid: Tuned, along: tuple[str, ...]
) -> tuple[tuple[str, ...], np.ndarray]:
    """A measure across cells from what was recorded of each, (cells, points, *shape): of those
    along its axis that have a finite reading, where there are two at least.
    """
    dims = [axis.name for axis in grid.axes]
    place = dims.index(measure.along)
    index = np.moveaxis(grid.index, place, -1)
    points = values.shape[1]
    found = np.full((*index.shape[:-1], points), np.nan, np.float32)
    finite = np.isfinite(values).all(axis=tuple(range(2, values.ndim)))
    for where in np.ndindex(*index.shape[:-1]):
        cells = index[where][index[where] >= 0]
        for point in range(points):
            there = cells[finite[cells, point]]
            if len(there) > 1:
                found[(*where, point)] = measure.across(values[there, point])
    others = tuple(name for name in dims if name != measure.along)
    return (*others, *along), found if along else found[..., 0]


def _spread(values: np.ndarray, index: np.ndarray, empty: float = np.nan) -> np.ndarray:
    """Values of cells, (cells, ...), at their grid points; `empty` where there is no cell."""
    if not len(values):
        return np.full((*index.shape, *values.shape[1:]), empty, values.dtype)
    if len(values) == index.size and (index.reshape(-1) == np.arange(index.size)).all():
        return values.reshape((*index.shape, *values.shape[1:]))
    spread: np.ndarray = values[np.maximum(index, 0)]
    spread[index < 0] = empty
    return spread


def _status(status: np.ndarray, index: np.ndarray) -> np.ndarray:
    spread = _spread(status, index, empty=MISSING)
    return np.where(index == ABSENT, np.int8(EXCLUDED), spread)


def _solved(plan: Plan) -> bool:
    """True when nothing is trained step by step."""
    return all("gradient" not in procedure.traits for procedure in plan.parts[3])


def _attributes(
    plan: Plan, readings: Readings, axes: Sequence[Axis], provenance: Mapping[str, str]
) -> dict[str, str | int]:
    experiment = plan.experiment
    finished = ~np.isin(readings.status, (MISSING, FAILED))
    about = {
        axis.name: {"spelling": axis.spelling, "kind": axis.kind, "unit": axis.unit}
        for axis in experiment.axes
    }
    return {
        "Conventions": "CF-1.11",
        "title": f"Risk over the grid of experiment {experiment.name}",
        "experiment": experiment.name,
        **({"comment": experiment.doc} if experiment.doc else {}),
        "cells_planned": len(plan),
        "cells_done": int(finished.sum()),
        "cells_failed": int((readings.status == FAILED).sum()),
        "sample_dims": " ".join(axis.name for axis in axes if axis.kind == "replicate"),
        "axes": json.dumps(about),
        "hardware": "; ".join(readings.workers) or "unknown",
        **provenance,
    }
