"""`argmax`: the label of an axis at which a quantity is largest."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ddspec.analysis.ends import averaged, ends, replicates, trajectory
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.points import label, point_lines
from ddspec.errors import DdspecError
from ddspec.vocabulary.reports.argmax import Argmax


def find(evidence: Evidence, word: Argmax) -> Finding:
    """Where the mean over replicates, at the end of training, is largest."""
    found = argmax(evidence.risk, word.of, word.along)
    data = found.to_dataset(name="argmax")
    lines = point_lines(data, lambda values: label(values["argmax"]))
    return Finding(str(found.attrs["long_name"]), data, tuple(lines))


def argmax(dataset: xr.Dataset, of: str, along: str) -> xr.DataArray:
    """The label of `along` at which the mean over replicates of `of`, at the end, is largest.

    Over the remaining design dimensions; NaN (or empty text) where nothing was recorded. The first
    of equals. Raises DdspecError when the dataset lacks the variable or the axis.
    """
    if of not in dataset.data_vars:
        raise DdspecError(
            f"argmax: the dataset has no variable `{of}`",
            f"it has {', '.join(map(str, dataset.data_vars))}",
        )
    risk = averaged(dataset, ends(dataset, of))
    if along not in risk.dims:
        raise DdspecError(
            f"argmax: `{of}` has no axis `{along}`", f"it has {', '.join(map(str, risk.dims))}"
        )
    there = risk.notnull().any(along)
    place = risk.fillna(-np.inf).argmax(along)
    labels = dataset[along].drop_vars([n for n in dataset[along].coords if n != along])
    found = labels.isel({along: place}).drop_vars(along)
    empty = "" if labels.dtype.kind == "U" else np.nan
    found = found.where(there, empty).rename("argmax")
    at = "" if trajectory(dataset) is None else f" at the last of the {trajectory(dataset)}"
    over = "".join(f", mean over {name}" for name in replicates(dataset))
    found.attrs = {
        "long_name": f"{along} with the largest {of}{at}{over}",
        "units": dataset[along].attrs.get("units", "1"),
    }
    return found
