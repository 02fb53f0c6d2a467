"""Risks of compositions to tables of contributions: at every point, and averaged over axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.composition.compositions import Compositions, compositions
from ddspec.analysis.ends import ends
from ddspec.analysis.seeds import SEED, whole_seeds
from ddspec.analysis.statistics.intervals import (
    RESAMPLING,
    Interval,
    holm,
    simultaneous,
    t_interval,
)
from ddspec.errors import DdspecError

LEVEL: Final = 0.95
ROUNDING: Final = 1e-12  # of the largest risk: what sums cannot tell from equal risks


@attrs.frozen(eq=False)
class Risks:
    """Values of compositions at design points.

    values: (points, seeds, compositions, quantities), NaN where there is none; the points are
    those of `dims`, the first varying slowest. around: the dataset they are of.
    """

    of: str
    found: Compositions
    values: np.ndarray
    dims: tuple[str, ...]
    around: xr.Dataset

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the design axes."""
        return tuple(self.around.sizes[name] for name in self.dims)


@attrs.frozen(eq=False)
class Statistic:
    """A number for each of some items, of each whole seed.

    name: of the variable. dim: the items' dimension. of_seeds: from (seeds, compositions,
    quantities) to (seeds, items), the estimate being the mean over seeds. needs: positions of the
    compositions without which a seed is of no use. choosing: the others may lack values.
    """

    name: str
    dim: str
    items: Sequence[str] | Sequence[int]
    of_seeds: Callable[[np.ndarray], np.ndarray]
    about: str
    needs: np.ndarray
    orders: Sequence[int] = ()
    choosing: bool = False


def risks(dataset: xr.Dataset, of: str, over: str, select: str | None = None) -> Risks:
    """The values of `of`, and of what selects, at the end of training, by whole seeds.

    Compositions without any value are left out. Raises DdspecError when the dataset lacks a
    quantity or the axis, when `select` is of the test set, and when one seed is to select.
    """
    if select is not None and select.startswith("test_"):
        raise DdspecError(
            f"`{select}` may not select: it is what is reported", "select on `validation_error`"
        )
    whole = compositions(dataset, over)
    names = [of, *([] if select is None else [select])]
    parts = [_values(dataset, name, over) for name in names]
    dims = tuple(str(name) for name in parts[0].dims if name not in (SEED, over))
    stacked = np.stack([p.transpose(*dims, SEED, over).values for p in parts], axis=-1)
    values = stacked.astype(np.float64).reshape(-1, *stacked.shape[-3:])
    finite = np.isfinite(values).all(axis=-1).reshape(-1, values.shape[2])
    there = np.asarray(finite.any(axis=0))
    if select is not None and values.shape[1] == 1:
        raise DdspecError(
            "one seed cannot choose for another: what is best is not told", "sweep `seed in 0..<5`"
        )
    if not there.any():
        raise DdspecError(f"`{of}` has no values")
    kept = dataset.isel({over: there})
    return Risks(of, whole.where(there), values[:, :, there], dims, kept)


def alike(of: str) -> str:
    """What selects where nothing else is named: the validation risk of the same kind."""
    return "validation_loss" if of.endswith("loss") else "validation_error"


def tables(found: Risks, *statistics: Statistic, level: float = LEVEL) -> xr.Dataset:
    """Statistics with intervals over whole seeds, at every point and averaged over axes.

    Of a statistic `effect`: `effect` over (items, design axes), `effect_overall` over items, the
    mean over all design points, and, where there are several design axes, `effect_by_width`, ...,
    the mean over the others. Each with `_low`, `_high`, `_p` (that it is zero, Student's t),
    `_p_holm` (adjusted for all tests of that variable) and `_seeds`. `effect_at_once_low`,
    `..._high` and `..._p` hold at all points and for all items at once. Means are over the points
    in which the most seeds are whole: `_points` says how many; unequal sets of seeds are never
    averaged.
    """
    variables: dict[str, Any] = {}
    coords: dict[str, Any] = {name: found.around[name] for name in found.dims}
    for each in statistics:
        coords[each.dim] = np.asarray(each.items)
        if each.orders:
            coords["order"] = (each.dim, list(each.orders), {"long_name": "terms of the effect"})
        variables |= _of_statistic(found, each, level)
    seeds = int(found.values.shape[1])
    about = {
        "method": "Student's t over whole seeds, paired across compositions and design points",
        "whole_seeds": seeds,
        "level": level,
        "resamples": max((int(v[2].get("resamples", 0)) for v in variables.values()), default=0),
        "resampling_seed": RESAMPLING,
        "compositions": ", ".join(found.found.labels),
        "always": found.found.named(found.found.base),
    }
    return xr.Dataset(variables, coords, about)


def _values(dataset: xr.Dataset, name: str, over: str) -> xr.DataArray:
    if name not in dataset.data_vars:
        there = ", ".join(map(str, dataset.data_vars))
        more = ["validation samples are set aside by `validation: 1_000` of the dataset"]
        advice = more if name.startswith("validation_") else []
        raise DdspecError(f"the dataset has no variable `{name}`", f"it has {there}", *advice)
    values = whole_seeds(dataset, ends(dataset, name))
    if over not in values.dims:
        axes = ", ".join(str(axis) for axis in values.dims if axis != SEED)
        raise DdspecError(f"`{name}` has no axis `{over}`", f"it has {axes}")
    return values


def _of_statistic(found: Risks, each: Statistic, level: float) -> dict[str, Any]:
    points, seeds = found.values.shape[:2]
    usable = _usable(found.values, each)
    values = np.full((points, seeds, len(each.items)), np.nan)
    for point in np.flatnonzero(usable.any(axis=1)):
        values[point, usable[point]] = each.of_seeds(found.values[point][usable[point]])
    values[np.abs(values) < ROUNDING * np.nanmax(np.abs(found.values))] = 0.0
    shaped = np.moveaxis(values.reshape(*found.shape, seeds, len(each.items)), -1, 0)
    variables = _variables(found, each, each.name, found.dims, t_interval(shaped, level))
    if not found.dims:
        return variables
    for kept in [(), *([(name,) for name in found.dims] if len(found.dims) > 1 else [])]:
        variables |= _averaged(found, each, values, kept, level)
    at_once = simultaneous(shaped, level)
    dims = (each.dim, *found.dims)
    for end, array in (("low", at_once.low), ("high", at_once.high), ("p", at_once.p)):
        what = f"{each.about}: {_ENDS[end]}, all at once"
        units = "1" if end == "p" else _units(found)
        variables[f"{each.name}_at_once_{end}"] = (
            dims, array,
            {"long_name": what, "units": units, "method": at_once.method,
             "resamples": at_once.resamples},
        )  # fmt: skip
    return variables


def _usable(values: np.ndarray, each: Statistic) -> np.ndarray:
    """The seeds of every point that can be used, (points, seeds): with all that is needed, and
    where there is a choice with half of the compositions to choose from.
    """
    finite = np.isfinite(values).all(axis=-1)
    enough = 2 * finite.sum(axis=-1) >= finite.shape[-1] if each.choosing else True
    return np.asarray(finite[..., each.needs].all(axis=-1) & enough)


def _averaged(
    found: Risks, each: Statistic, known: np.ndarray, kept: tuple[str, ...], level: float
) -> dict[str, Any]:
    """A statistic averaged over the design axes that are not kept.

    known: its values at every point, (points, seeds, items), of all seeds of the point.
    """
    usable = _usable(found.values, each)
    numbers = np.arange(len(usable)).reshape(found.shape)
    sizes = [found.around.sizes[name] for name in kept]
    grouped = np.moveaxis(numbers, [found.dims.index(name) for name in kept], range(len(kept)))
    grouped = grouped.reshape(*sizes, -1)
    values = np.full((len(each.items), *sizes, usable.shape[1]), np.nan)
    used = np.zeros(sizes, np.int64)
    for where in np.ndindex(*sizes):
        points, seeds = _common(usable, grouped[where])
        parts = [
            known[point, seeds]
            if len(seeds) == usable[point].sum()
            else each.of_seeds(found.values[point][seeds])
            for point in points
        ]
        whole = [part for part in parts if np.isfinite(part).all()]
        if whole:
            values[(slice(None), *where, seeds)] = np.mean(whole, axis=0).T
            used[where] = len(whole)
    name = f"{each.name}_by_{kept[0]}" if kept else f"{each.name}_overall"
    variables = _variables(found, each, name, kept, t_interval(values, level))
    what = "design points averaged over"
    return variables | {f"{name}_points": (kept, used, {"long_name": what, "units": "1"})}


def _common(usable: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points and seeds to average over: all of these seeds are usable at all of the points.

    Either all points that have a seed, with the seeds they share, or those points that have as many
    as any, with all of them; whichever is more, among those that leave three seeds.
    """
    rows = usable[points]
    if not rows.any():
        return points[:0], np.arange(0)
    candidates = []
    for kept in (rows.any(axis=1), rows.sum(axis=1) == rows.sum(axis=1).max()):
        shared = rows[kept].all(axis=0)
        seeds = int(shared.sum())
        candidates.append((min(seeds, 3), seeds * int(kept.sum()), kept, shared))
    _, _, kept, shared = max(candidates, key=lambda each: each[:2])
    if not shared.any():
        return points[:0], np.arange(0)
    return points[kept], np.flatnonzero(shared)


_ENDS: Final = {
    "low": "lower end",
    "high": "upper end",
    "p": "p value of zero",
    "p_holm": "p value of zero, adjusted by Holm's method",
    "seeds": "whole seeds",
}


def _variables(
    found: Risks, each: Statistic, name: str, dims: tuple[str, ...], told: Interval
) -> dict[str, Any]:
    whole = (each.dim, *dims)
    over = [axis for axis in found.dims if axis not in dims]
    mean = f", mean over {' and '.join(over)}" if over else ""
    units = _units(found)
    arrays = {
        "low": told.low, "high": told.high, "p": told.p,
        "p_holm": holm(told.p), "seeds": told.seeds,
    }  # fmt: skip
    variables: dict[str, Any] = {
        name: (whole, told.mean, {"long_name": f"{each.about}{mean}", "units": units})
    }
    for end, array in arrays.items():
        about = {
            "long_name": f"{each.about}{mean}: {_ENDS[end]}",
            "units": units if end in ("low", "high") else "1",
        }
        variables[f"{name}_{end}"] = (whole, array, about)
    return variables


def _units(found: Risks) -> str:
    return str(found.around[found.of].attrs.get("units", "1"))
