"""Whether risk is monotone only when strengths are tuned: the verdicts of both, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.phenomena.monotonicity import monotone
from ddspec.analysis.phenomena.verdicts import MONOTONE, NOT_MONOTONE, UNDECIDED, VERDICTS
from ddspec.analysis.statistics.intervals import t_interval
from ddspec.analysis.tuning.envelope import envelope
from ddspec.analysis.tuning.tried import Tried, first_alike, tried
from ddspec.errors import DdspecError

ANSWERS: Final = (
    *("undecided", "needs_tuning", "monotone_without_tuning", "not_monotone_even_tuned"),
)
NEEDS, WITHOUT, NEVER = 1, 2, 3
AXIS: Final = "tuned_axis"  # of what is told of each axis of strengths, which may be `strength`


def tuning_needed(
    dataset: xr.Dataset,
    over: str | Sequence[str] = (),
    of: str = "",
    along: str = "width",
    select: str = "",
    across: str = "seed",
    delta: float = 0.01,
    level: float = 0.05,
) -> xr.Dataset:
    """Is the risk non-increasing along an axis without tuning, only with it, or not even then?

    over, select, of, across: as of `envelope`. Two kinds of curves are judged by `monotone`, with
    `delta` and `level`: the tuned one, strengths chosen anew at each value of `along` on validation
    of the other seeds, its spread that of `envelope`'s influence values; and one at each fixed
    combination of strengths, the same at all values of `along`, no choice made. Variables over the
    remaining design dimensions:

    - `answer`, int8 flags. `not_monotone_even_tuned`: the tuned curve is not. Otherwise
      `monotone_without_tuning`: every fixed one is monotone. `needs_tuning`: the tuned one is
      monotone and some fixed one is not, where p values are adjusted for all fixed ones of the
      point. `undecided` otherwise.
    - `tuned_verdict`, `tuned_p_value`, `tuned_violation`, `tuned_violation_high`: of the tuned one.
    - `fixed_verdict` (..., *over), int8, each without adjustment; `fixed`, how many there are;
      `monotone_share`, `not_monotone_share`, `undecided_share` of them. Where a composition does
      not read a strength its values are one curve, counted once.
    - `monotone_from`, `monotone_to` (..., tuned_axis): the least and largest value of each axis of
      `over` among the fixed combinations that are monotone.
    - `gain`, with `gain_low` and `gain_high`, a t interval over seeds of level 1 - `level`: the
      mean along the axis of the risk at the middle candidate of every axis less the tuned risk.

    Source: Nakkiran et al., "Optimal regularization can mitigate double descent", 2021 (optimally
    tuned ridge regression is monotone, fixed strengths are not); Westfall & Young,
    "Resampling-based multiple testing", 1993 (the adjustment).
    Raises DdspecError when an axis or a quantity is missing, or test samples are to select.
    """
    table = tried(dataset, over, select, of, across)
    if along not in table.design or dataset[along].dtype.kind not in "if":
        raise DdspecError(
            f"`{table.of}` has no numeric axis `{along}` beside its strengths",
            f"it has {', '.join(table.design)}",
        )
    tuned = envelope(dataset, table.over, table.select, table.of, table.unit)
    curve = monotone(tuned, f"{table.of}_influence", along, delta, level)
    rest = tuple(name for name in table.design if name != along)
    fixed = _fixed(table, along, dataset[along].values, delta, level)
    found: dict[str, Any] = {"answer": (rest, fixed.answers(curve["verdict"].values, level))}
    for name in ("verdict", "p_value", "violation", "violation_high"):
        found[f"tuned_{name}"] = (rest, curve[name].values)
    found |= {name: (rest, each) for name, each in fixed.shares().items()}
    found |= {name: ((*rest, AXIS), each) for name, each in fixed.ranges().items()}
    found["fixed_verdict"] = ((*rest, *table.over), fixed.everywhere())
    found |= {name: (rest, each) for name, each in _gain(table, tuned, along, level).items()}
    gone = {along, table.unit}
    labels = {n: values for n, values in table.labels.items() if not gone & set(values.dims)}
    labels |= {name: dataset[name].variable for name in table.over}
    made = xr.Dataset(found, labels | {AXIS: list(table.over)})
    return _described(made, table, tuned, (along, delta, level))


@attrs.frozen(eq=False)
class Fixed:
    """The verdicts of fixed strengths.

    verdicts: int8 (*rest, candidates). reads: bool (*rest, strengths). worst: (*rest), the least p
    value of those that are not monotone, adjusted for all of a point.
    """

    verdicts: np.ndarray
    reads: np.ndarray
    worst: np.ndarray
    grids: tuple[np.ndarray, ...]

    @property
    def alike(self) -> np.ndarray:
        """The first candidate that each is the same as, (*rest, candidates)."""
        return first_alike(self.reads, [len(grid) for grid in self.grids])

    @property
    def counted(self) -> np.ndarray:
        """The candidates that are the same as none before them."""
        return np.asarray(self.alike == np.arange(self.verdicts.shape[-1]))

    def answers(self, tuned: np.ndarray, level: float) -> np.ndarray:
        """Positions in ANSWERS, given the verdict of the tuned curve."""
        every = ((self.verdicts == MONOTONE) | ~self.counted).all(axis=-1)
        some = self.worst <= level
        answers = [tuned == NOT_MONOTONE, every, (tuned == MONOTONE) & some]
        return np.select(answers, [NEVER, WITHOUT, NEEDS], 0).astype(np.int8)

    def shares(self) -> dict[str, np.ndarray]:
        """How many fixed strengths there are, and the share of each verdict."""
        count = self.counted.sum(axis=-1)
        found = {
            f"{name}_share": ((self.verdicts == n) & self.counted).sum(axis=-1) / count
            for n, name in enumerate(VERDICTS)
        }
        return {"fixed": count, **found}

    def ranges(self) -> dict[str, np.ndarray]:
        """The least and largest strengths that are monotone, (*rest, strengths); NaN: none is."""
        places = np.indices(tuple(map(len, self.grids))).reshape(len(self.grids), -1)
        falls = (self.verdicts == MONOTONE) & self.counted
        low, high = [], []
        for number, (grid, place) in enumerate(zip(self.grids, places, strict=True)):
            there = falls & self.reads[..., number, None]
            low.append(np.where(there, grid[place], np.inf).min(axis=-1))
            high.append(np.where(there, grid[place], -np.inf).max(axis=-1))
        ends = {"monotone_from": np.stack(low, -1), "monotone_to": np.stack(high, -1)}
        return {name: np.where(np.isfinite(each), each, np.nan) for name, each in ends.items()}

    def everywhere(self) -> np.ndarray:
        """The verdict at every combination of strengths, (*rest, *over)."""
        full = np.take_along_axis(self.verdicts, self.alike, axis=-1)
        return full.reshape(*full.shape[:-1], *map(len, self.grids))


def _fixed(table: Tried, along: str, places: np.ndarray, delta: float, level: float) -> Fixed:
    """Judge the curve of every fixed strength; those of a point are one family."""
    axis = table.design.index(along)
    reads = np.asarray(table.reads.any(axis=axis))
    alike = first_alike(reads, table.sizes)
    risk = np.moveaxis(table.risk, (-1, axis), (-3, -1))  # (*rest, candidates, seeds, along)
    verdicts = np.full(alike.shape, UNDECIDED, np.int8)
    worst = np.full(alike.shape[:-1], np.inf)
    for point in np.ndindex(*worst.shape):
        own = np.flatnonzero(alike[point] == np.arange(alike.shape[-1]))
        curves = xr.Dataset(
            {table.of: (("candidate", table.unit, along), risk[point][own])},
            {along: places},
            {"sample_dims": table.unit},
        )
        found = monotone(curves, table.of, along, delta, level)
        verdicts[point][own] = found["verdict"].values
        rises = found["p_family"].values[found["verdict"].values == NOT_MONOTONE]
        worst[point] = rises.min(initial=np.inf)
    return Fixed(verdicts, reads, worst, table.grids)


def _gain(table: Tried, tuned: xr.Dataset, along: str, level: float) -> dict[str, np.ndarray]:
    """The risk at the middle candidate less the tuned risk, mean over the axis, with its ends."""
    middle = np.ravel_multi_index([(size - 1) // 2 for size in table.sizes], table.sizes)
    saved = table.risk[..., middle] - tuned[f"{table.of}_influence"].values
    saved = np.moveaxis(saved, table.design.index(along), -1)
    none = np.isnan(saved).all(axis=-2, keepdims=True)  # places where nothing is known
    count = (~none).sum(axis=-1)
    total = np.where(none, 0.0, saved).sum(axis=-1)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    found = t_interval(mean, 1 - level)
    return {"gain": found.mean, "gain_low": found.low, "gain_high": found.high}


def _described(
    found: xr.Dataset,
    table: Tried,
    tuned: xr.Dataset,
    asked: tuple[str, float, float],
) -> xr.Dataset:
    """Long names, units and the method."""
    along, delta, level = asked
    falls, units = f"{table.of} non-increasing in {along}", table.units
    names = {
        "answer": (f"does {table.of} need tuning to be non-increasing in {along}?", "1"),
        "tuned_verdict": (f"is tuned {falls}?", "1"),
        "tuned_p_value": (f"p value of tuned {falls}", "1"),
        "tuned_violation": (f"largest rise of tuned {table.of}", units),
        "tuned_violation_high": (f"upper bound of the largest rise of tuned {table.of}", units),
        "fixed_verdict": (f"is {falls} at this strength?", "1"),
        "fixed": ("fixed strengths that differ", "1"),
        "gain": (f"mean {table.of} at the middle candidate less the tuned one", units),
        "gain_low": ("lower end of the interval of the gain", units),
        "gain_high": ("upper end of the interval of the gain", units),
        "monotone_from": (f"least strength with {falls}", "1"),
        "monotone_to": (f"largest strength with {falls}", "1"),
        AXIS: ("axis of strengths", "1"),
    }
    for verdict in VERDICTS:
        names[f"{verdict}_share"] = (f"share of fixed strengths that are {verdict}", "1")
    for name, (long, unit) in names.items():
        found[name].attrs = {"long_name": long, "units": unit}
    flags = {"answer": ANSWERS, "tuned_verdict": VERDICTS, "fixed_verdict": VERDICTS}
    for name, words in flags.items():
        found[name].attrs["flag_values"] = np.arange(len(words), dtype=np.int8)
        found[name].attrs["flag_meanings"] = " ".join(words)
    return found.assign_attrs(
        title=f"does {table.of} need {', '.join(table.over)} tuned to fall along {along}?",
        method="tuned: " + str(tuned.attrs["method"]) + "; verdicts of `monotone`, of fixed"
        " strengths adjusted for all of a design point",
        selected_by=table.select,
        seeds=table.risk.shape[-2],
        delta=delta,
        level=level,
    )
