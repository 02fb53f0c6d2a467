"""Plan and store to the dataset of risk: every grid point's readings at their labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from ddspec.plan.plan import Plan
from ddspec.results.assembly import Assembly
from ddspec.results.coordinates import coordinates
from ddspec.results.meaning import describe, shapes, stored_names
from ddspec.results.parts import parts, spread
from ddspec.results.readings import EXCLUDED, FAILED, MISSING, Readings, gather
from ddspec.results.rounds import RUNG, reporting, rungs_reached, stages
from ddspec.results.store import Store
from ddspec.results.tuning import ABSENT, Tuned, tune
from ddspec.vocabulary.schema import FULL


def assemble(plan: Plan, store: Store, *, provenance: Mapping[str, str]) -> Assembly:
    """The dataset of one experiment from what is stored of its cells, to be read in slabs.

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
    final = staged[-1]
    names = sorted({*stored_names(plan).values()} - {*shapes(plan)})
    criteria = {axis.criterion for axis in experiment.axes if axis.kind == "tuned"}
    readings = gather(final, store, names, sorted(criteria))
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
    frame = made.reset_coords([RUNG]) if rungs else made
    return Assembly(frame, parts(final, store, grid), chosen=bool(criteria))


def _variables(
    plan: Plan, grid: Tuned, readings: Readings
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Those of one number for a cell."""
    dims = tuple(axis.name for axis in grid.axes)
    found = dict(grid.chosen)
    found["status"] = (dims, _status(readings.status, grid.index))
    found["seconds"] = (dims, spread(readings.seconds, grid.index))
    if not _solved(plan):
        name = "stop_epoch" if plan.experiment.trajectory.unit == "epochs" else "stop_step"
        found[name] = (dims, spread(readings.stop, grid.index, empty=0))
    return found


def _status(status: np.ndarray, index: np.ndarray) -> np.ndarray:
    return np.where(index == ABSENT, np.int8(EXCLUDED), spread(status, index, empty=MISSING))


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
