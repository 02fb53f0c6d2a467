"""Errors of groups to how much worse than all samples the worst fares."""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr

from ddspec.analysis.ends import ends
from ddspec.analysis.laws.recorded import argument, recorded
from ddspec.analysis.seeds import SEED, whole_seeds
from ddspec.analysis.statistics.several_means import Interval, largest_mean, mean_interval
from ddspec.errors import DdspecError

LEVEL: Final = 0.95
ADVICE: Final = (
    "add `zero: class_error(class: 0)`, `one: class_error(class: 1)` and so on to `measure { }`",
    "or, of a dataset with groups, `worst: worst_group_error()`",
)


def group_gap(dataset: xr.Dataset, *, level: float = LEVEL) -> xr.Dataset:
    """The risk of the worst group less the mean risk, over the design dimensions.

    Errors on test samples at the end of training. With what `class_error` recorded of two classes
    at least: `gap`, the largest over classes of the mean over seeds of (its error less the test
    error), `worst_group` that class, `worst` and `mean` the two errors; `gap_low` and `gap_high`
    at `level` bound the largest true mean, see `several_means.largest_mean`: the error of the group
    that looks worst is too high, and percentiles of resampled maxima are still higher. Seeds with
    all groups count, `seeds`. Else with `worst_group_error`: the mean over seeds of every seed's
    own worst group, by Student's t, which is no smaller; `worst_group` is empty. Intervals are for
    these test samples: small groups have noise of their own, the same for all seeds.

    Source: Sagawa et al., "Distributionally robust neural networks for group shifts", 2020.
    Raises DdspecError when neither is recorded, or the test error is not.
    """
    if "test_error" not in dataset:
        raise DdspecError("the dataset has no `test_error`: groups are of classification")
    classes = [
        name
        for name in recorded(dataset, "class_error")
        if (argument(dataset, name, "of") or "test") == "test"
    ]
    mean = whole_seeds(dataset, ends(dataset, "test_error"))
    if len(classes) > 1:
        labels = [argument(dataset, name, "class") or name for name in classes]
        errors = xr.concat([whole_seeds(dataset, ends(dataset, n)) for n in classes], "group")
        errors = errors.assign_coords(group=labels)
        how = "class_error; Student's t, Bonferroni over groups from below"
    else:
        worst = recorded(dataset, "worst_group_error")
        if not worst:
            raise DdspecError("the dataset has no errors of groups", *ADVICE)
        errors = whole_seeds(dataset, ends(dataset, worst[0])).expand_dims(group=[""])
        how = "worst_group_error of each seed; Student's t"
    found = _gaps(errors.transpose(..., SEED, "group"), mean, level)
    found.attrs = {"method": how, "groups": int(errors.sizes["group"]), "level": level}
    return found


def _gaps(errors: xr.DataArray, mean: xr.DataArray, level: float) -> xr.Dataset:
    """Of errors (design..., seeds, groups) and of all samples (design..., seeds)."""
    dims = tuple(str(name) for name in errors.dims[:-2])
    shape = errors.shape[:-2]
    names = ("gap", "gap_low", "gap_high", "worst", "mean")
    found = {name: np.full(shape, np.nan) for name in names}
    group, seeds = np.full(shape, "", dtype=errors.group.dtype), np.zeros(shape, np.int64)
    whole = mean.transpose(*dims, SEED).values.astype(np.float64)
    for where in np.ndindex(*shape):
        each, all_ = errors.values[where].astype(np.float64), whole[where]
        there = np.isfinite(each).all(axis=-1) & np.isfinite(all_)
        seeds[where] = there.sum()
        if not there.any():
            continue
        place, bounds = _largest(each[there] - all_[there, None], level)
        group[where] = errors.group.values[place]
        found["worst"][where] = each[there, place].mean()
        found["mean"][where] = all_[there].mean()
        for name, bound in zip(names, (bounds.value, bounds.low, bounds.high), strict=False):
            found[name][where] = bound
    titles = {
        "gap": "error of the worst group less the test error",
        "gap_low": "lower bound of the gap",
        "gap_high": "upper bound of the gap",
        "worst": "error of the worst group",
        "mean": "test error",
    }
    kept = [name for name in errors.coords if set(errors[name].dims) <= set(dims)]
    made = xr.Dataset(coords={name: errors[name].variable for name in kept})
    for name, values in found.items():
        made[name] = (dims, values, {"long_name": titles[name], "units": "1"})
    made["worst_group"] = (dims, group, {"long_name": "group with the largest error", "units": "1"})
    made["seeds"] = (dims, seeds, {"long_name": "seeds with all groups", "units": "1"})
    return made


def _largest(gaps: np.ndarray, level: float) -> tuple[int, Interval]:
    """The worst group and its gap, of (seeds, groups)."""
    if gaps.shape[1] == 1:
        only = mean_interval(gaps[:, 0], level)
        return 0, only
    return int(gaps.mean(axis=0).argmax()), largest_mean(gaps, level)
