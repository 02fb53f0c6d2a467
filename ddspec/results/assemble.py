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
from ddspec.results.rounds import RUNG, reporting, rungs_reached, stages
from ddspec.results.store import Store
from ddspec.results.tuning import ABSENT, Tuned, tune
from ddspec.vocabulary.measure import Across
from ddspec.vocabulary.schema import FULL


def assemble(plan: Plan, store: Store, *, provenance: Mapping[str, str]) -> xr.Dataset:
    """The dataset of one experiment from what is stored of its cells.

    Dimensions: the design axes in spec order, replicate axes, then `epochs` (or `steps`) when the
    experiment reads runs along the way; without it every value is from the end of training. Tuned
    axes are gone: their chosen values are variables of the axes' names. Variables: float32
    `train_loss`, `test_loss`, `train_error`, ... and measures, NaN where there is no reading;
    `status` says why (int8; the attribute `flag_meanings` has the words); `seconds`;
    `stop_epoch` (or `stop_step`): the length of each run. Attributes are text and whole numbers,
    structured ones as JSON; `provenance` adds its own. Of candidates tried in rounds those that
    came to the end are chosen from, and seeds that selected are left out.
    """
    experiment, staged = plan.experiment, tuple(stages(plan, store))
    final, arrays = staged[-1], shapes(plan)
    names = sorted({*stored_names(plan).values()} - {*arrays})
    readings = gather(final, store, names, arrays)
    tuned = tune(experiment, final.index, readings)
    grid = reporting(tuned, experiment)
    found = {
        name: (dims, values, describe(name, experiment))
        for name, (dims, values) in _variables(final, grid, readings).items()
    }
    rungs = rungs_reached(plan, staged)
    around = xr.Dataset(coords=coordinates(plan, tuned.axes) | rungs)
    for axis, whole in zip(grid.axes, tuned.axes, strict=True):
        if len(axis) < len(whole):
            around = around.sel({axis.name: list(axis.labels)})
    made = xr.Dataset(found, around.coords, _attributes(staged, store, readings, grid, provenance))
    return made.reset_coords([RUNG]) if rungs else made


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
    staged: Sequence[Plan],
    store: Store,
    readings: Readings,
    grid: Tuned,
    provenance: Mapping[str, str],
) -> dict[str, str | int]:
    experiment = staged[-1].experiment
    planned, done, failed = len(staged[-1]), *_counts(readings.status)
    if len(staged) > 1:
        every = {cell for stage in staged for cell in stage.ids}
        statuses = store.statuses(every).values()
        planned, failed = len(every), sum(status == "failed" for status in statuses)
        done = len(statuses) - failed
    about = {
        axis.name: {"spelling": axis.spelling, "kind": axis.kind, "unit": axis.unit}
        for axis in experiment.axes
    }
    return {
        "Conventions": "CF-1.11",
        "title": f"Risk over the grid of experiment {experiment.name}",
        "experiment": experiment.name,
        **({"comment": experiment.doc} if experiment.doc else {}),
        "cells_planned": planned,
        "cells_done": done,
        "cells_failed": failed,
        "sample_dims": " ".join(axis.name for axis in grid.axes if axis.kind == "replicate"),
        "axes": json.dumps(about),
        **_sizes(staged[-1]),
        "hardware": "; ".join(readings.workers) or "unknown",
        **provenance,
    }


def _sizes(plan: Plan) -> dict[str, int]:
    """The training samples and the outputs of networks, each where it is one number."""
    samples, outputs = ({getattr(d, n) for d in plan.parts[0]} for n in ("samples", "outputs"))
    found = {"train_samples": samples, "outputs": outputs}
    return {name: n for name, known in found.items() for n in known if len(known) == 1 and n < FULL}


def _counts(status: np.ndarray) -> tuple[int, int]:
    """How many cells are done, and how many failed."""
    return int((~np.isin(status, (MISSING, FAILED))).sum()), int((status == FAILED).sum())
