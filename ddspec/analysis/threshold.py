"""Where interpolation begins or ends: the smallest model, or the most samples, that is fitted."""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr

from ddspec.analysis.ends import averaged, ends
from ddspec.errors import DdspecError

EPSILON: Final = 0.01


def interpolation_threshold(
    dataset: xr.Dataset, along: str = "width", epsilon: float = EPSILON
) -> xr.DataArray:
    """The value of a numeric axis at which the training set is just fitted.

    That is the smallest value that fits where larger values fit more easily (width), and the
    largest where they are harder to fit (samples, label noise): where the smallest value of the
    axis fits and the largest does not. Fitted means: the training error at the end of training,
    label noise included and averaged over replicates, is at most `epsilon`. Where only losses are
    recorded, the training loss is at most `epsilon` times its largest value along the axis. The
    result has the remaining design dimensions; NaN where no value of the axis fits.

    Source: Nakkiran et al., "Deep double descent", 2019, definition 1: the effective model
    complexity is the number of samples fitted to an error of at most epsilon (there 0.1), and the
    critical point is where it is the number of training samples.
    Raises DdspecError when the dataset has no such numeric axis.
    """
    if along not in dataset.dims or dataset[along].dtype.kind not in "if":
        raise DdspecError(f"the dataset has no numeric axis `{along}`")
    if "train_error" in dataset:
        risk = averaged(dataset, ends(dataset, "train_error"))
        fitted = risk <= epsilon
    else:
        risk = averaged(dataset, ends(dataset, "train_loss"))
        fitted = risk <= epsilon * risk.max(along)
    places = dataset[along].astype(np.float64).where(fitted)
    ends_at = dataset[along].sortby(along).dropna(along).values[[0, -1]]
    harder = fitted.sel({along: ends_at[0]}) & ~fitted.sel({along: ends_at[1]})
    found = xr.DataArray(places.min(along)).where(~harder, places.max(along))
    found = found.drop_vars(along, errors="ignore")
    found.attrs = {
        "long_name": f"interpolation threshold: {along} with {risk.name} <= {epsilon:g}",
        "units": dataset[along].attrs.get("units", "1"),
    }
    found.name = "interpolation_threshold"
    return found
