"""Names of variables to what they mean: units, long names and flags as the CF conventions say."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ddspec.plan.plan import Plan
from ddspec.results.readings import STATUS
from ddspec.spec.model import Experiment

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
        about = {"long_name": name.replace("_", " "), "units": measure.units}
        return about | {"comment": measure.name(), "ancillary_variables": "status"}
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
