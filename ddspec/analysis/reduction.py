"""Trajectories to one reading of each run: the last, the best on validation, or a given one."""

from __future__ import annotations

from typing import Literal

import numpy as np
import xarray as xr

from ddspec.analysis.ends import ends, replicates, stopped_runs, trajectory
from ddspec.errors import DdspecError

At = Literal["end", "best"] | int


def reduced(
    dataset: xr.Dataset, of: str, at: At = "end", *, by: str = "", each: bool = False
) -> xr.DataArray:
    """A quantity without the dimension of readings along training, `epochs` or `steps`.

    at: `"end"`, the last reading of every run. A number: the nearest recorded one. `"best"`: the
    reading at which `by` is least, a quantity of validation samples, `validation_error` by default
    and `validation_loss` where no errors are recorded; its mean over seeds chooses one reading for
    all seeds, unless `each` seed is to choose its own. Early stopping is chosen so; test samples
    never choose. A run that was stopped keeps the value of its last reading; readings that a seed
    lacks, since it diverged, cannot be chosen; a seed without any reading has no say.

    The result has the other dimensions, and under the name of the dimension that went away the
    readings that were taken. Source: Prechelt, "Early stopping - but when?", 1998 (readings chosen
    on validation samples).
    Raises DdspecError when there is nothing to choose from or by.
    """
    if at == "end":
        return ends(dataset, of)
    along = trajectory(dataset[of])
    if along is None:
        raise DdspecError(
            f"`{of}` was read at the end of training only",
            "an axis `epochs in {1, 10, 100}` reads it along the way",
        )
    values = _kept(dataset, of, along)
    if at == "best":
        place = _best(dataset, along, by, each=each)
        chosen = values.isel({along: place.fillna(0).astype(int)}).where(place.notnull())
        return chosen.assign_coords({along: chosen[along].where(place.notnull())})
    return values.isel({along: _nearest(values[along].values, at, along)})


def _kept(dataset: xr.Dataset, of: str, along: str) -> xr.DataArray:
    """Values in which a run that was stopped stays at its last reading."""
    stopped = stopped_runs(dataset)
    values = dataset[of]
    if stopped is None or not bool(stopped.any()):
        return values
    count = xr.DataArray(np.arange(values.sizes[along]), dims=along)
    last = count.where(values.notnull(), -1).max(along)
    ended = stopped & (count > last) & (last >= 0)
    final = values.isel({along: last.clip(min=0)}).drop_vars(along, errors="ignore")
    return values.where(~ended, final).transpose(*values.dims)


def _nearest(points: np.ndarray, at: int, along: str) -> int:
    """The position of the reading nearest to `at`, the earlier of two."""
    if not points.min() <= at <= points.max():
        raise DdspecError(
            f"nothing was read at {at} {along}",
            f"readings are from {points.min()} to {points.max()} {along}",
        )
    return int(np.abs(points - at).argmin())


def _best(dataset: xr.Dataset, along: str, by: str, *, each: bool) -> xr.DataArray:
    """The position of the best reading; NaN where there is none."""
    worth = _kept(dataset, _judge(dataset, by), along)
    over = [name for name in replicates(dataset) if name in worth.dims]
    if over and not each:
        silent = worth.isnull().all(along)
        lacking = (worth.isnull() & ~silent).any(over)
        worth = worth.mean(over).where(~lacking)
    place = worth.fillna(np.inf).argmin(along)
    return place.where(worth.notnull().any(along))


def _judge(dataset: xr.Dataset, by: str) -> str:
    """The quantity that chooses."""
    if by.startswith("test_"):
        raise DdspecError(
            f"`{by}` cannot choose a reading: test samples choose nothing",
            "choose by `validation_error` or `validation_loss`",
        )
    known = [n for n in (by or "validation_error", by or "validation_loss") if n in dataset]
    if not known:
        raise DdspecError(
            f"the dataset has no `{by}`" if by else "no validation samples were read",
            "hold some out of training: `validation: 1_000` in the dataset",
        )
    return known[0]
