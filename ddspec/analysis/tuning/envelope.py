"""Risks of many strengths to the risk when tuned: what validation chooses, read elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
import xarray as xr

from ddspec.analysis.statistics.intervals import t_interval
from ddspec.analysis.tuning.tried import Tried, tried
from ddspec.errors import DdspecError

How = Literal["cross", "pooled"]
HOW: Final = {
    "cross": "each seed is reported at the strength that the other seeds' validation chooses",
    "pooled": "all seeds are reported at the strength that their own validation chooses, which is"
    " optimistic: the luck of a seed is in its validation and in its test risk",
}


def envelope(
    dataset: xr.Dataset,
    over: str | Sequence[str] = (),
    select: str = "",
    of: str = "",
    across: str = "seed",
    how: How = "cross",
    level: float = 0.05,
) -> xr.Dataset:
    """The risk when the strengths along `over` are tuned, at every other design point.

    over: one or several axes of strengths, those whose `role` is `tuned` by default; of a table of
    candidates or of an ordinary sweep. select: what the choice minimizes, averaged over the seeds,
    by default `of` on validation samples; `test_*` is refused. of: the risk that is reported,
    `test_error` by default and `test_loss` where there is none. All at the end of training.
    how: `"cross"`, leave one seed out: choose on the validation of the other seeds, report the seed
    left out; or `"pooled"`, choose and report on all seeds, which is optimistic.

    The result is a dataset of risk again, without the axes `over`, fit for every other analysis.
    Variables: `of`, (design..., seed), the risk of each seed at its choice; `OF_influence`, the
    same mean, in values of seeds that vary as much as it does: what a seed chooses is shared by the
    others, so that their own spread is too small (found by the jackknife: K times the mean less
    K - 1 times that without the seed, centered). Intervals and tests are to use it. `risk`, the
    mean, with the bounds `risk_low` and `risk_high` of a t interval (NaN for fewer than three
    seeds); under the names of `over` the strength that all seeds choose, NaN where a composition
    reads none; `NAME_at_edge`, whether it is the smallest or largest that was tried; `agreement`,
    the share of seeds left out whose choice is the same; `seeds` and `candidates`, how many were
    compared. A candidate with a run that has no end cannot win; the first of equals does. Seeds of
    which some candidate is still to be trained, or was left out while other seeds have it, are left
    out.

    With one seed nothing is left to choose on: `"cross"` gives NaN.
    Source: Nakkiran et al., "Optimal regularization can mitigate double descent", 2021 (the tuned
    curve); Cawley & Talbot, "On over-fitting in model selection", 2010 (select and report apart);
    Efron, "The jackknife, the bootstrap and other resampling plans", 1982, chapter 3.
    Raises DdspecError when an axis or a quantity is missing, or test samples are to select.
    """
    if how not in HOW:
        raise DdspecError(f"`{how}` is no way to tune", "ways are `cross` and `pooled`")
    table = tried(dataset, over, select, of, across)
    seeds, able = table.wins()
    best = choose(table.worth, seeds, able)
    apart = _choices(table, seeds, able, how)
    risk = _risk_at(table, apart, seeds)
    moved = _influence(table, seeds, able, how)
    same = np.where(seeds & (best >= 0)[..., None], apart == best[..., None], np.nan)
    dims = (*table.design, table.unit)
    found: dict[str, Any] = {
        table.of: (dims, risk),
        f"{table.of}_influence": (dims, moved),
        **{name: (table.design, each) for name, each in _mean(risk, moved, level).items()},
        **chosen(table, best),
        "agreement": (table.design, _share(same)),
        "seeds": (table.design, np.isfinite(risk).sum(axis=-1)),
        "candidates": (table.design, (able & table.distinct).sum(axis=-1)),
    }
    return _described(xr.Dataset(found, table.labels), table, how, level)


def choose(worth: np.ndarray, seeds: np.ndarray, able: np.ndarray) -> np.ndarray:
    """The candidate with the least mean over seeds: (..., seeds, candidates) to (...); -1: none."""
    total = np.where(seeds[..., None], worth, 0.0).sum(axis=-2)
    return _least(total, able)


def choose_without(worth: np.ndarray, seeds: np.ndarray, able: np.ndarray) -> np.ndarray:
    """For each seed the candidate that the others choose, (..., seeds); -1 where there is none."""
    own = np.where(seeds[..., None], worth, 0.0)
    others = own.sum(axis=-2, keepdims=True) - own
    enough = seeds & (seeds.sum(axis=-1, keepdims=True) > 1)
    return _least(others, able[..., None, :] & enough[..., None])


def _least(total: np.ndarray, able: np.ndarray) -> np.ndarray:
    # the mean of the others is found by a difference: equals may differ in the last digits
    rounded = np.where(able, total, np.inf)
    least = rounded.min(axis=-1, keepdims=True)
    close = able & (rounded <= least + 1e-12 * np.abs(least))
    return np.where(able.any(axis=-1), close.argmax(axis=-1), -1)


def _choices(table: Tried, seeds: np.ndarray, able: np.ndarray, how: How) -> np.ndarray:
    """The candidate at which each seed is read, (*design, seeds)."""
    if how == "cross":
        return choose_without(table.worth, seeds, able)
    return np.broadcast_to(choose(table.worth, seeds, able)[..., None], seeds.shape)


def _influence(table: Tried, seeds: np.ndarray, able: np.ndarray, how: How) -> np.ndarray:
    """The tuned risk as values of each seed, (*design, seeds), by leaving each out altogether.

    What a seed chooses is shared by the others, so that the spread of their risks is less than
    that of their mean; the jackknife sees it.
    """

    def without(number: int) -> np.ndarray:
        left = seeds & (np.arange(seeds.shape[-1]) != number)
        return t_interval(_risk_at(table, _choices(table, left, able, how), left), 0.95).mean

    left = np.stack([without(number) for number in range(seeds.shape[-1])], axis=-1)
    left = np.where(seeds, left, np.nan)
    whole = t_interval(_risk_at(table, _choices(table, seeds, able, how), seeds), 0.95).mean
    count = seeds.sum(axis=-1, keepdims=True)
    mean = t_interval(left, 0.95).mean[..., None]
    return np.asarray(whole[..., None] + (count - 1) * (mean - left))


def _risk_at(table: Tried, choice: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """The risk of each seed at its choice, (..., seeds)."""
    risk = np.take_along_axis(table.risk, np.maximum(choice, 0)[..., None], axis=-1)[..., 0]
    return np.where(seeds & (choice >= 0), risk, np.nan)


def chosen(table: Tried, best: np.ndarray) -> dict[str, Any]:
    """The chosen strengths of every axis, and whether they lie at the end of what was tried."""
    places = np.unravel_index(np.maximum(best, 0), table.sizes)
    found: dict[str, Any] = {}
    for number, (name, grid, place) in enumerate(zip(table.over, table.grids, places, strict=True)):
        there = (best >= 0) & table.reads[..., number]
        value = np.where(there, grid[place], np.nan)
        edge = (value == np.nanmin(grid)) | (value == np.nanmax(grid))
        found[name] = (table.design, value)
        found[f"{name}_at_edge"] = (table.design, there & edge)
    return found


def _mean(risk: np.ndarray, moved: np.ndarray, level: float) -> dict[str, np.ndarray]:
    """The mean risk, and an interval by what each seed moves it."""
    found, mean = t_interval(moved, 1 - level), t_interval(risk, 1 - level).mean
    return {"risk": mean, "risk_low": found.low, "risk_high": found.high}


def _share(same: np.ndarray) -> np.ndarray:
    count = np.isfinite(same).sum(axis=-1)
    return np.where(count > 0, np.nansum(same, axis=-1) / np.maximum(count, 1), np.nan)


def _described(found: xr.Dataset, table: Tried, how: How, level: float) -> xr.Dataset:
    """Long names, units and the method."""
    sure = f"{100 * (1 - level):.4g} % t interval over whole seeds"
    names = {
        table.of: (f"{table.of} when tuned, of each seed", table.units),
        f"{table.of}_influence": (
            f"mean {table.of} when tuned, as what each seed adds",
            table.units,
        ),
        "risk": (f"{table.of} when tuned, mean over seeds", table.units),
        "risk_low": (f"lower end of its {sure}", table.units),
        "risk_high": (f"upper end of its {sure}", table.units),
        "agreement": ("seeds left out whose choice is that of all seeds, share", "1"),
        "seeds": ("seeds with a tuned risk", "1"),
        "candidates": ("candidates that could be chosen", "1"),
    }
    for name in table.over:
        names[name] = (f"{name} with the least {table.select}, mean over seeds", "1")
        names[f"{name}_at_edge"] = (f"{name} is the smallest or largest that was tried", "1")
    for name, (long, units) in names.items():
        found[name].attrs = {"long_name": long, "units": units}
    replicates = [table.unit] if table.unit in found.dims else []
    return found.assign_attrs(
        title=f"{table.of} when {', '.join(table.over)} is tuned on {table.select}",
        method=f"{how}: {HOW[how]}",
        selected_by=table.select,
        tuned=" ".join(table.over),
        seeds=found.sizes[table.unit],
        level=level,
        sample_dims=" ".join(replicates),
    )
