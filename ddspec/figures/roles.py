"""Datasets to the parts that their axes play: width, samples, composition, epochs."""

from __future__ import annotations

import re
from collections.abc import Iterable

import xarray as xr

from ddspec.analysis.ends import replicates, trajectory
from ddspec.errors import DdspecError
from ddspec.language.near import nearest

PLUS = re.compile(r"\+(?![^()]*\))")  # between terms, not inside the arguments of one
COMPOSITIONS = ("reg", "regularizer", "composition")


def design(dataset: xr.Dataset) -> list[str]:
    """The design axes, those of one value included, in the dataset's order."""
    other = {*replicates(dataset), trajectory(dataset)}
    dims = dataset["status"].dims if "status" in dataset else _dims(dataset)
    return [str(name) for name in dims if name not in other]


def numeric(dataset: xr.Dataset) -> list[str]:
    """The design axes of numbers."""
    return [name for name in design(dataset) if dataset[name].dtype.kind in "if"]


def width_axis(dataset: xr.Dataset) -> str | None:
    """`width`, or the first numeric axis on which the number of parameters depends."""
    names = [name for name in numeric(dataset) if name != samples_axis(dataset)]
    grows = dataset["parameters"].dims if "parameters" in dataset.coords else ()
    ranked = sorted(names, key=lambda name: (name != "width", name not in grows))
    return ranked[0] if ranked and (ranked[0] == "width" or ranked[0] in grows) else None


def samples_axis(dataset: xr.Dataset) -> str | None:
    """The axis of training set sizes: called so, or counted in samples."""
    for name in numeric(dataset):
        if name == "samples" or dataset[name].attrs.get("units") == "samples":
            return name
    return None


def composition_axis(dataset: xr.Dataset) -> str | None:
    """The axis of regularizers: it says which terms each label has, or is called so."""
    names = [name for name in design(dataset) if dataset[name].dtype.kind in "UTO"]
    told = dataset["terms"].dims if "terms" in dataset.coords else ()
    for name in names:
        if name in told or name in COMPOSITIONS:
            return name
    return None


def terms(label: str) -> frozenset[str]:
    """The terms of a composition: `decay + drop` has two, `none` has none."""
    return frozenset(each.strip() for each in PLUS.split(label)) - {"none", ""}


def risk_of(dataset: xr.Dataset, of: str | None) -> str:
    """The quantity to draw: `of`, or test error where errors were recorded, or test loss.

    Raises DdspecError when the dataset has no such quantity.
    """
    there = [str(name) for name in dataset.data_vars]
    for name in ("test_error", "test_loss") if of is None else (of,):
        if name in there:
            return name
    shown = [name for name in there if dataset[name].dtype.kind in "if" and name != "status"]
    raise DdspecError(
        "the dataset has neither `test_error` nor `test_loss`"
        if of is None
        else f"the dataset has no quantity `{of}`{near(of, there)}",
        f"it has {', '.join(shown) or 'none'}",
    )


def near(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` with the nearest known names, or nothing."""
    found = " or ".join(f"`{each}`" for each in nearest(name, list(known)))
    return f"; did you mean {found}?" if found else ""


def _dims(dataset: xr.Dataset) -> tuple[str, ...]:
    """The dimensions of risks where no status tells them."""
    for name in ("test_error", "test_loss"):
        if name in dataset:
            return tuple(map(str, dataset[name].dims))
    return tuple(map(str, dataset.dims))
