"""A dataset to the curves a finding is about: which risk, along which axis, of which seeds."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import xarray as xr

from ddspec.analysis.amounts import is_share
from ddspec.analysis.ends import replicates, trajectory
from ddspec.analysis.reduction import At, reduced
from ddspec.analysis.seeds import SEED, curves
from ddspec.errors import DdspecError

DEFAULTS: Final = ("test_error", "width")
SPAN: Final = 10.0
FEW: Final = 3  # seeds that are needed before anything can be told from their spread


def risk_name(dataset: xr.Dataset, of: str = "") -> str:
    """The variable that is asked for; by default the test error, or the loss where there is none.

    Raises DdspecError when the dataset does not have it.
    """
    name = of or ("test_error" if "test_error" in dataset else "test_loss")
    if name not in dataset.data_vars:
        raise DdspecError(
            f"the dataset has no variable `{name}`",
            f"it has {', '.join(map(str, dataset.data_vars))}",
        )
    return name


def axis_name(dataset: xr.Dataset, along: str = "") -> str:
    """The axis that is asked for; by default `width`, or the first numeric one of several values.

    Raises DdspecError when there is none.
    """
    if along:
        return along
    other = {*replicates(dataset), trajectory(dataset)}
    numeric = [
        str(name)
        for name in dataset.dims
        if name not in other and dataset.sizes[name] > 1 and dataset[name].dtype.kind in "if"
    ]
    if not numeric:
        raise DdspecError("no axis of the dataset is one of numbers", "name one: `along: ...`")
    return "width" if "width" in numeric else numeric[0]


def meant(dataset: xr.Dataset, name: str) -> str:
    """What a report is asked: "" for a default, `test_error` or `width`, that is not there."""
    return "" if name in DEFAULTS and name not in dataset.variables else name


def seed_curves(
    dataset: xr.Dataset, of: str, along: str, at: At | Literal["every"] = "end"
) -> xr.DataArray:
    """`of` with the dimensions (design..., replicate, `along`), `along` increasing, float64.

    Each run is read `at` one reading, see `reduced`; all of them are kept where `at` is `"every"`
    or `along` is the dimension of readings along training. Raises DdspecError when the dataset
    lacks the variable or the axis.
    """
    name = risk_name(dataset, of)
    every = at == "every" or trajectory(dataset[name]) == along
    whole = dataset[name] if every else reduced(dataset, name, "end" if at == "every" else at)
    found = curves(dataset, whole.rename(name), along)
    return found.isel({along: np.flatnonzero(np.isfinite(found[along].values))})


def on_logarithms(curves: xr.DataArray, log: bool | None) -> bool:
    """Whether curves of a quantity are looked at by their logarithms.

    As told; or else for losses, positive ones, whose mean over seeds spans more than a factor of
    SPAN along the axis: their noise grows with their level, and near the interpolation threshold
    of least squares it has no variance at all. Raises DdspecError when logarithms are wanted of
    what is not positive.
    """
    values = curves.values[np.isfinite(curves.values)]
    positive = bool(values.size and values.min() > 0)
    if log and not positive:
        raise DdspecError(f"`{curves.name}` is not positive everywhere: it has no logarithm")
    if log is not None or not positive or is_share(str(curves.name)):
        return bool(log)
    means, along = curves.mean(SEED), str(curves.dims[-1])
    return bool((means.max(along) > SPAN * means.min(along)).any())


def complete(curve: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which seeds and which places of a curve, (seeds, places), make a table without gaps.

    Places at which fewer than half as many seeds have a value as at the best place are left out,
    and then seeds that lack a value at a place that is left: means at different places are of the
    same seeds. Two boolean arrays.
    """
    there = np.isfinite(curve)
    count = there.sum(axis=0)
    places = (count > 0) & (2 * count >= count.max(initial=0))
    return there[:, places].all(axis=1) & places.any(), places


def filled(curve: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of a curve without gaps, (seeds, places), and which places these are, as numbers."""
    seeds, places = complete(curve)
    return curve[np.ix_(seeds, places)], np.flatnonzero(places)
