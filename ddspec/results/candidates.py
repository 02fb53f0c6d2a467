"""Plan and store to the risks of every candidate of `tune(...)`, those not chosen included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import xarray as xr

from ddspec.plan.plan import Plan
from ddspec.results.coordinates import coordinates
from ddspec.results.meaning import describe, quantities
from ddspec.results.readings import EXCLUDED, MISSING, Readings, gather
from ddspec.results.rounds import stages
from ddspec.results.store import Store
from ddspec.results.tuning import REJECTED
from ddspec.spec.model import Axis, Experiment, Trajectory


def candidates(plan: Plan, store: Store, *, provenance: Mapping[str, str]) -> xr.Dataset | None:
    """The risks at the end of training over the whole grid of an experiment, tuned axes included.

    Dimensions: the design axes in spec order, replicate axes, then the tuned ones (`role` is
    `tuned`, `criterion` what they minimise). Variables: float32 `train_loss`, `test_loss`,
    `validation_loss` and, with classes, the errors; NaN where there is no end of training; and
    `status` (int8, words in `flag_meanings`). Coordinates are those of the experiment's dataset;
    `reads_NAME` is True where the candidates of a tuned axis differ, so that those of a composition
    without the tuned number, one cell shown at all of them, are counted once. Where candidates are
    tried in rounds, those that lost before the end of training, and at seeds that select nothing
    those not chosen, are `excluded`; what is still to be trained is `missing`. None when nothing is
    tuned.
    """
    experiment = plan.experiment
    tuned = [axis for axis in experiment.axes if axis.kind == "tuned"]
    if not tuned:
        return None
    names = [name for name in quantities(plan) if name not in experiment.measures]
    readings = gather(plan, store, names, names)
    dims = tuple(axis.name for axis in experiment.axes)
    found: dict[str, Any] = {
        name: (dims, _spread(readings.last(name), plan.index), describe(name, experiment))
        for name in names
    }
    *_, last = stages(plan, store)
    status = _status(readings, np.where(last.index == REJECTED, -1, plan.index))
    found["status"] = (dims, status, describe("status", experiment))
    made = xr.Dataset(found, _coordinates(plan, tuned), _attributes(experiment, provenance))
    for axis in tuned:
        made[axis.name].attrs |= {"long_name": f"{_title(axis)}, candidates", "units": "1"}
        made[axis.name].attrs |= {"criterion": axis.criterion}
    return made


def _coordinates(plan: Plan, tuned: list[Axis]) -> dict[str, Any]:
    """Those of the whole grid without the trajectory, and what reads which tuned axis."""
    ended = attrs.evolve(plan.experiment, trajectory=Trajectory())
    found: dict[str, Any] = dict(coordinates(attrs.evolve(plan, experiment=ended), ended.axes))
    for axis in tuned:
        dims, values = _reading(plan, axis)
        about = {"long_name": f"{_title(axis)} matters here"}
        found[f"reads_{axis.name}"] = (dims, values, about)
    return found


def _reading(plan: Plan, axis: Axis) -> tuple[tuple[str, ...], np.ndarray]:
    """Where the candidates of an axis are different cells, over the design axes it depends on."""
    axes = plan.experiment.axes
    place = [each.name for each in axes].index(axis.name)
    there = plan.index >= 0
    most = plan.index.max(axis=place, keepdims=True)
    least = np.where(there, plan.index, most).min(axis=place, keepdims=True)
    reads = np.asarray(least < most)
    others = tuple(n for n, each in enumerate(axes) if each.kind != "design")
    reads = np.asarray(reads.any(axis=others, keepdims=True))
    kept = [n for n in range(len(axes)) if bool((reads != reads.take([0], axis=n)).any())]
    sizes = [len(axes[n]) for n in kept]
    alone = reads[tuple(slice(None) if n in kept else 0 for n in range(len(axes)))]
    return tuple(axes[n].name for n in kept), np.asarray(alone).reshape(sizes)


def _spread(ends: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Values of cells at their grid points, float32."""
    return np.append(ends, np.nan).astype(np.float32)[np.where(index >= 0, index, -1)]


def _status(readings: Readings, index: np.ndarray) -> np.ndarray:
    status = np.append(readings.status, np.int8(MISSING)).astype(np.int8)
    return np.where(index >= 0, status[index], np.int8(EXCLUDED))


def _title(axis: Axis) -> str:
    """What is tuned: `l2 strength`, of two of them `l2 strength 2`."""
    what, _, number = axis.name.rpartition("_tuned")
    return f"{what or axis.name}{number}".replace("_", " ")


def _attributes(experiment: Experiment, provenance: Mapping[str, str]) -> dict[str, str]:
    about = {
        axis.name: {"spelling": axis.spelling, "kind": axis.kind, "unit": axis.unit}
        for axis in experiment.axes
    }
    return {
        "Conventions": "CF-1.11",
        "title": f"Risk of every candidate tried in experiment {experiment.name}",
        "experiment": experiment.name,
        **({"comment": experiment.doc} if experiment.doc else {}),
        "sample_dims": " ".join(axis.name for axis in experiment.axes if axis.kind == "replicate"),
        "axes": json.dumps(about),
        **provenance,
    }
