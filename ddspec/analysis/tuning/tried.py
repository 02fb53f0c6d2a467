"""A dataset with axes of strengths to tables of what was tried: seeds by candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.curves import risk_name
from ddspec.analysis.ends import ends, replicates
from ddspec.errors import DdspecError

SEEDS: Final = ("seed", "seed_data")  # what independent repetitions differ in


@attrs.frozen(eq=False)
class Tried:
    """Candidates tried at every design point.

    of, select: what is reported and what selects, units: of the former.
    design: the remaining dimensions, unit: the one of repetitions, over: those of strengths.
    worth, risk: float64 (*design, seeds, candidates), what selects and what is reported, candidates
    row-major over the strengths; NaN where either has no value. reads: bool (*design, strengths),
    where the values of an axis of strengths differ. labels: the coordinates that remain.
    """

    of: str
    select: str
    units: str
    design: tuple[str, ...]
    unit: str
    over: tuple[str, ...]
    grids: tuple[np.ndarray, ...]
    worth: np.ndarray
    risk: np.ndarray
    reads: np.ndarray
    labels: dict[str, Any]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each axis of strengths has."""
        return tuple(len(grid) for grid in self.grids)

    @property
    def distinct(self) -> np.ndarray:
        """Bool (*design, candidates): one of those that differ in nothing a point reads."""
        alike = first_alike(self.reads, self.sizes)
        return np.asarray(alike == np.arange(alike.shape[-1]))

    def wins(self) -> tuple[np.ndarray, np.ndarray]:
        """Which seeds there are, (*design, seeds), and which candidates may win.

        A candidate with a run that failed or diverged cannot win, so that all are compared over
        the same seeds; a seed at which nothing was tried has no say.
        """
        read = np.isfinite(self.risk)
        seeds = read.any(axis=-1)
        return seeds, (read | ~seeds[..., None]).all(axis=-2) & seeds.any(axis=-1)[..., None]


def first_alike(reads: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """For each candidate the first that differs in nothing that is read, (..., candidates).

    reads: bool (..., strengths); sizes: how many values each of them has.
    """
    places = np.indices(tuple(sizes)).reshape(len(sizes), -1)
    strides = np.cumprod([1, *sizes[:0:-1]])[::-1]
    return np.asarray((reads * strides) @ places)


def strength_axes(dataset: xr.Dataset, over: str | Sequence[str] = ()) -> tuple[str, ...]:
    """The axes of strengths that are asked for; by default those whose `role` is `tuned`.

    Raises DdspecError when one is missing, or is no axis of two numbers or more.
    """
    asked = (over,) if isinstance(over, str) and over else tuple(over)
    names = asked or tuple(
        str(name)
        for name in dataset.dims
        if name in dataset.coords and dataset[name].attrs.get("role") == "tuned"
    )
    if not names:
        raise DdspecError(
            "no number is tuned here", "name the axis of strengths that were swept, say `lambda`"
        )
    for name in names:
        if name not in dataset.dims or dataset[name].dtype.kind not in "if":
            raise DdspecError(
                f"the dataset has no numeric axis `{name}`",
                f"it has {', '.join(map(str, dataset.dims))}",
            )
    return names


def tried(
    dataset: xr.Dataset, over: str | Sequence[str], select: str, of: str, across: str = "seed"
) -> Tried:
    """What was tried along `over`: risks `of`, and the quantity `select`, at the end of training.

    select: by default what the spec's `tune` minimizes, or `of` on validation samples. across: the
    replicate axis of repetitions, others are averaged over first; where it does not exist but the
    parts of a seed do, repetitions are the training sets. Raises DdspecError when something is
    missing, and when `select` is of test samples.
    """
    names = strength_axes(dataset, over)
    of = risk_name(dataset, of)
    select = _judge(
        dataset, select or _criterion(dataset, names) or f"validation_{of.split('_')[-1]}"
    )
    read = [ends(dataset, name) for name in (select, of)]
    there = [name for name in replicates(dataset) if name in read[1].dims]
    unit = (
        across if across in there else next((n for n in there if n in SEEDS), (*there, across)[0])
    )
    both = xr.broadcast(*(_repeated(each, there, unit) for each in read))
    extra = [name for name in names if name not in both[0].dims]
    if extra:
        raise DdspecError(f"`{of}` has no axis `{extra[0]}`")
    design = tuple(str(n) for n in both[0].dims if n not in (unit, *names))
    worth, risk = (each.transpose(*design, unit, *names).values for each in both)
    known = np.isfinite(worth) & np.isfinite(risk) & ~_unfinished(dataset, design, unit, names)
    worth, risk = np.where(known, worth, np.nan), np.where(known, risk, np.nan)
    shape = (*risk.shape[: len(design) + 1], -1)
    return Tried(
        of,
        select,
        str(dataset[of].attrs.get("units", "1")),
        design,
        unit,
        names,
        tuple(dataset[name].values.astype(np.float64) for name in names),
        worth.reshape(shape),
        risk.reshape(shape),
        _reads(dataset, design, names, worth, risk),
        _labels(dataset, design, unit),
    )


def _criterion(dataset: xr.Dataset, names: Sequence[str]) -> str:
    """What the spec has its candidates minimize; nothing for an ordinary axis."""
    return next((str(c) for n in names if (c := dataset[n].attrs.get("criterion"))), "")


def _judge(dataset: xr.Dataset, name: str) -> str:
    """The quantity that selects, when it may."""
    about = str(dataset[name].attrs.get("long_name", "")) if name in dataset else ""
    if name.startswith("test_") or "test samples" in about:
        raise DdspecError(
            f"`{name}` cannot select a strength: test samples select nothing",
            "select by `validation_error` or `validation_loss`",
        )
    if name not in dataset:
        raise DdspecError(
            f"the dataset has no `{name}` to select a strength by",
            "hold samples out of training: `validation: 1_000` in the dataset",
        )
    return name


def _repeated(values: xr.DataArray, there: Sequence[str], unit: str) -> xr.DataArray:
    """Float64 values with the one replicate dimension `unit`."""
    means = values.astype(np.float64).mean([n for n in there if n != unit and n in values.dims])
    return means if unit in means.dims else means.expand_dims({unit: [0]})


def _unfinished(
    dataset: xr.Dataset, design: Sequence[str], unit: str, names: Sequence[str]
) -> np.ndarray:
    """True at seeds that lack a candidate which is still to be trained, or which other seeds have.

    As `status` says: a choice between some of the candidates would be none between all of them.
    Without a `status` a risk that is missing is one of a run that has no end.
    """
    status = dataset.get("status")
    if status is None or "flag_meanings" not in status.attrs:
        return np.zeros(1, bool)
    flags = np.atleast_1d(status.attrs["flag_values"])
    of = dict(zip(str(status.attrs["flag_meanings"]).split(), flags, strict=True))
    both = []
    for word in ("missing", "excluded"):
        there = status == of[word]
        others = [n for n in replicates(dataset) if n != unit and n in there.dims]
        there = there.any(others)
        there = there.expand_dims({n: 1 for n in (*design, unit, *names) if n not in there.dims})
        both.append(there.transpose(*design, unit, *names).values)
    seeds, strengths = len(design), tuple(range(len(design) + 1, len(design) + 1 + len(names)))
    lacking = both[0] | (both[1] & ~both[1].all(axis=seeds, keepdims=True))
    return np.asarray(lacking.any(axis=strengths, keepdims=True))


def _reads(
    dataset: xr.Dataset,
    design: tuple[str, ...],
    names: tuple[str, ...],
    worth: np.ndarray,
    risk: np.ndarray,
) -> np.ndarray:
    """Where each axis of strengths matters: as the dataset says, or where values differ."""
    found = []
    for place, name in enumerate(names, start=len(design) + 1):
        mark = dataset.get(f"reads_{name}")
        if mark is not None and set(map(str, mark.dims)) <= set(design):
            lacking = {n: dataset.sizes[n] for n in design if n not in mark.dims}
            found.append(mark.expand_dims(lacking).transpose(*design).values.astype(bool))
        else:
            others = tuple(range(len(design), risk.ndim))
            vary = _varies(worth, place) | _varies(risk, place)
            found.append(vary.any(axis=others))
    return np.stack(found, axis=-1)


def _varies(values: np.ndarray, place: int) -> np.ndarray:
    """Where values differ along an axis; an axis of one value is read."""
    filled = np.where(np.isnan(values), np.inf, values)
    return np.asarray((filled != filled.take([0], axis=place)) | (values.shape[place] == 1))


def _labels(dataset: xr.Dataset, design: tuple[str, ...], unit: str) -> dict[str, Any]:
    """The coordinates along the dimensions that remain."""
    left = {*design, unit}
    return {
        str(name): values.variable
        for name, values in dataset.coords.items()
        if values.dims and set(map(str, values.dims)) <= left and not str(name).startswith("reads_")
    }
