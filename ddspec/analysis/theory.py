"""Theories of an experiment to curves on the axes of its dataset."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from ddspec.results.coordinates import labels
from ddspec.spec.model import Axis, Experiment, Table
from ddspec.vocabulary.theory import Theory


def theory_curves(experiment: Experiment) -> xr.Dataset:
    """What the experiment's `theory` words say, as variables `<name>_<quantity>`.

    A theory `exact` gives `exact_test_loss`, `exact_train_loss`, ...: expected values, float64,
    over the design axes that change them and, where they change in training, the trajectory; never
    over seeds. NaN where there is no cell, nothing is known or a number is out of range; infinite
    where the expectation is.
    Where the experiment tunes a number, the candidate is taken whose expected risk, of the kind it
    is tuned by and at the end of training, is least. Attributes: `long_name`, `units`, `theory`
    (the word with the arguments that are the same everywhere), `source`.
    """
    axes = {axis.name: axis for axis in experiment.axes}
    found: dict[str, xr.DataArray] = {}
    for name, table in experiment.theories.items():
        grids = _grids(table, axes, experiment.trajectory.points)
        dims, chosen = _best(table, axes, grids)
        for quantity, values in chosen.items():
            whole = values[..., 0] if values.shape[-1] == 1 else values
            over = dims if values.shape[-1] == 1 else (*dims, experiment.trajectory.unit)
            about = _about(name, quantity, table)
            found[f"{name}_{quantity}"] = xr.DataArray(whole, dims=over, attrs=about)
    return xr.Dataset(found).assign_coords(_coordinates(found, experiment))


def _grids(
    table: Table[Theory], axes: Mapping[str, Axis], points: Sequence[int]
) -> dict[str, np.ndarray]:
    """Every quantity over the axes of the table and the points; one point where it is a number."""
    shape = tuple(len(axes[name]) for name in table.axes)
    answers = [None if each is None else _risks(each, tuple(points)) for each in table.values]
    grids: dict[str, np.ndarray] = {}
    for quantity in dict.fromkeys(q for each in answers if each for q in each):
        rows = [np.asarray([np.nan]) if each is None else each[quantity] for each in answers]
        width = max(len(row) for row in rows)
        rows = [np.broadcast_to(row, (width,)) for row in rows]
        grids[quantity] = np.asarray(rows, np.float64).reshape((*shape, width))
    return {name: grid for name, grid in grids.items() if not np.isnan(grid).all()}


@lru_cache(maxsize=4096)
def _risks(theory: Theory, points: tuple[int, ...]) -> dict[str, np.ndarray] | None:
    try:
        found = theory.risks(points)
    except ArithmeticError:  # out of a float's range
        return None
    return {name: np.atleast_1d(np.asarray(value, np.float64)) for name, value in found.items()}


def _best(
    table: Table[Theory], axes: Mapping[str, Axis], grids: Mapping[str, np.ndarray]
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """The grids without tuned axes, at the candidate of least expected risk."""
    tuned = [place for place, name in enumerate(table.axes) if axes[name].kind == "tuned"]
    if not tuned:
        return table.axes, dict(grids)
    first = axes[table.axes[tuned[0]]]
    risk = grids.get(first.criterion.replace("validation", "test"), next(iter(grids.values())))
    kept = tuple(name for place, name in enumerate(table.axes) if place not in tuned)
    last = tuple(range(len(kept), len(table.axes)))
    flat = {name: _flattened(grid, tuned, last, len(kept)) for name, grid in grids.items()}
    ends = _flattened(risk[..., -1:], tuned, last, len(kept))[..., 0]
    over = tuple(place for place, name in enumerate(kept) if name in first.across)
    mean = ends.mean(axis=over, keepdims=True) if over else ends
    place = np.where(np.isnan(mean), np.inf, mean).argmin(axis=-1)[..., None, None]
    wide = {name: np.broadcast_to(place, (*grid.shape[:-2], 1, 1)) for name, grid in flat.items()}
    return kept, {
        name: np.take_along_axis(grid, wide[name], axis=-2)[..., 0, :]
        for name, grid in flat.items()
    }


def _flattened(
    grid: np.ndarray, tuned: Sequence[int], last: Sequence[int], kept: int
) -> np.ndarray:
    """Tuned axes as one, last but one."""
    moved = np.moveaxis(grid, tuned, last)
    return moved.reshape((*moved.shape[:kept], -1, moved.shape[-1]))


def _about(name: str, quantity: str, table: Table[Theory]) -> dict[str, str]:
    words = [theory for theory in table.values if theory is not None]
    text = inspect.cleandoc(type(words[0]).__doc__ or "")
    source = re.search(r"^Source: ((?:.|\n)*?)(?:\nExample:|$(?!\n))", text, re.MULTILINE)
    return {
        "long_name": f"{quantity.replace('_', ' ')} of {words[0].name()} ({name})",
        "units": "1",
        "role": "theory",
        "quantity": quantity,
        "theory": _spelled(words),
        "source": " ".join(source[1].split()) if source else "",
    }


def _spelled(words: Sequence[Theory]) -> str:
    """The word with the arguments that are the same at every point."""
    first = words[0]
    if any(type(each) is not type(first) for each in words):
        return ", ".join(sorted({each.name() for each in words}))
    fields = [parameter.field for parameter in first.parameters_of()]
    same = [f for f in fields if all(getattr(w, f) == getattr(first, f) for w in words)]
    return f"{first.name()}({', '.join(f'{f}: {getattr(first, f)}' for f in same)})"


def _coordinates(found: Mapping[str, xr.DataArray], experiment: Experiment) -> dict[str, Any]:
    used = {name for values in found.values() for name in values.dims}
    made: dict[str, Any] = {
        axis.name: labels(axis.labels) for axis in experiment.axes if axis.name in used
    }
    if experiment.trajectory.unit in used:
        made[experiment.trajectory.unit] = np.asarray(experiment.trajectory.points, np.int32)
    return made
