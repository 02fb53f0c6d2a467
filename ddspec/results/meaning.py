"""Names of variables to what they mean: units, long names and flags as the CF conventions say."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ddspec.plan.plan import Plan
from ddspec.results.readings import STATUS
from ddspec.spec.model import Experiment
from ddspec.vocabulary.kinds import Measure

SPLITS: Final = ("train", "test", "validation")
LONG: Final = {
    "train_loss": "mean loss on training samples, label noise included, penalties left out",
    "test_loss": "mean loss on test samples",
    "validation_loss": "mean loss on validation samples, label noise included",
    "train_error": "share of training labels not met, label noise included",
    "test_error": "share of test labels not met",
    "validation_error": "share of validation labels not met, label noise included",
    "seconds": "wall time of the cell: its share of its batch",
    "stop_epoch": "epochs trained",
    "stop_step": "steps trained",
}
UNITS: Final = {"seconds": "s", "stop_epoch": "epochs", "stop_step": "steps"}


def quantities(plan: Plan) -> tuple[str, ...]:
    """The recorded quantities of an experiment: risks in a fixed order, then its measures.

    There are errors when a dataset has classes, validation risks when one holds samples out.
    """
    datasets = plan.parts[0]
    classes = any(dataset.classes for dataset in datasets)
    splits = SPLITS if any(dataset.validation for dataset in datasets) else SPLITS[:2]
    losses = tuple(f"{split}_loss" for split in splits)
    errors = tuple(f"{split}_error" for split in splits) if classes else ()
    return (*losses, *errors, *plan.experiment.measures)


def stored_names(plan: Plan) -> dict[str, str]:
    """What each recorded quantity of an experiment is stored under."""
    measures = plan.experiment.measures
    return {n: measures[n].recorded.key if n in measures else n for n in quantities(plan)}


def shapes(plan: Plan) -> dict[str, tuple[int, ...]]:
    """Of what is recorded of each cell as an array: what it is stored under, and its shape."""
    measures = [measure.recorded for measure in plan.experiment.measures.values()]
    outputs = plan.parts[0][0].outputs if plan.parts[0] else 1
    found = {measure.key: measure.shape(outputs) for measure in measures}
    return {key: shape for key, shape in found.items() if shape}


def inner_dims(plan: Plan, measure: Measure) -> tuple[str, ...]:
    """The dimensions of a measure's own value; what is no class is an output."""
    classes = any(dataset.classes for dataset in plan.parts[0])
    return tuple("output" if d == "class" and not classes else d for d in measure.dims())


def describe(name: str, experiment: Experiment) -> dict[str, Any]:
    """The attributes of a variable of the dataset of an experiment."""
    if name == "status":
        return {
            "long_name": "what became of the cell",
            "flag_values": np.arange(len(STATUS), dtype=np.int8),
            "flag_meanings": " ".join(STATUS),
        }
    if name in experiment.measures:
        measure = experiment.measures[name]
        samples = f", {measure.use} samples" if measure.use else ""
        about = {"long_name": f"{measure.title}{samples}", "units": measure.units}
        return about | {"comment": measure.key, "ancillary_variables": "status"}
    for axis in experiment.axes:
        if axis.name == name:
            best = f"{axis.criterion}, averaged over {', '.join(axis.across) or 'nothing'}"
            tuned = name.removesuffix("_tuned").replace("_", " ")
            return {"long_name": f"{tuned} with the least {best}", "units": "1"}
    about = {"long_name": LONG[name], "units": UNITS.get(name, "1")}
    split, _, risk = name.partition("_")
    if risk in ("loss", "error"):
        about |= {"cell_methods": f"{split}_sample: mean", "ancillary_variables": "status"}
    return about
