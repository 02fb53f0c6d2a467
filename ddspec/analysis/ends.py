"""A dataset to its values at the end of training, and to means over replicates."""

from __future__ import annotations

import numpy as np
import xarray as xr

TRAJECTORY = ("epochs", "steps")


def replicates(dataset: xr.Dataset) -> tuple[str, ...]:
    """The replicate dimensions: `seed`, or its parts.

    The dataset's attribute `sample_dims` names them; of a dataset made by hand, without it, they
    are `seed` and `seed_...`.
    """
    if "sample_dims" in dataset.attrs:
        names = str(dataset.attrs["sample_dims"]).split()
        return tuple(name for name in names if name in dataset.dims)
    return tuple(str(n) for n in dataset.dims if n == "seed" or str(n).startswith("seed_"))


def trajectory(values: xr.Dataset | xr.DataArray) -> str | None:
    """The dimension of readings along training runs, when there is one.

    An axis of the spec may be called `epochs`, too (one training for each length): it is a design
    axis, and the dataset's attributes say so. Without a word on it, it is readings.
    """
    for name in TRAJECTORY:
        if name in values.dims and values[name].attrs.get("role", "trajectory") == "trajectory":
            return name
    return None


def ends(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """A quantity at the end of each run, without the trajectory dimension.

    A run that was stopped ends at its last reading; one that diverged has no end: NaN.
    """
    values = dataset[name]
    along = trajectory(values)
    if along is None:
        return values
    last = values.isel({along: -1})
    stopped = stopped_runs(dataset)
    if stopped is None or not bool(stopped.any()):
        return last
    read = values.notnull()
    place = values.sizes[along] - 1 - read.isel({along: slice(None, None, -1)}).argmax(along)
    return last.where(~stopped, values.isel({along: place}).drop_vars(along))


def averaged(dataset: xr.Dataset, values: xr.DataArray) -> xr.DataArray:
    """The mean over the replicates that have a value; NaN where none has."""
    over = [name for name in replicates(dataset) if name in values.dims]
    return values.mean(over, keep_attrs=True) if over else values


def standard_error(dataset: xr.Dataset, values: xr.DataArray) -> xr.DataArray:
    """Of the mean over replicates, float64; NaN where there are fewer than two."""
    over = [name for name in replicates(dataset) if name in values.dims]
    count = values.notnull().sum(over)
    squares = ((values - values.mean(over)).astype(np.float64) ** 2).sum(over)
    error: xr.DataArray = (squares / (count * (count - 1)).clip(min=1)) ** 0.5
    return error.where(count > 1)


def stopped_runs(dataset: xr.Dataset) -> xr.DataArray | None:
    """True at the runs that ended before their time, with the values of their last reading."""
    return _with_status(dataset, "stopped")


def _with_status(dataset: xr.Dataset, word: str) -> xr.DataArray | None:
    """True at the cells of that status."""
    if "status" not in dataset:
        return None
    meanings = str(dataset.status.attrs.get("flag_meanings", "")).split()
    if word not in meanings:
        return None
    flags = np.atleast_1d(dataset.status.attrs["flag_values"])
    found: xr.DataArray = dataset.status == flags[meanings.index(word)]
    return found
