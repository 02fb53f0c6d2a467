"""Cells to groups: what can be trained together, before anybody knows who trains it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Literal

import attrs

from ddspec.plan.batch import Batch
from ddspec.plan.cell import Cell
from ddspec.plan.stacking import stack_key
from ddspec.vocabulary.kinds import Measure
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent

NOT_BEGUN: Mapping[str, int] = {}


@attrs.frozen
class Reading:
    """What a run must record: points in `unit` (none: the end only) and measures by key."""

    unit: Literal["epochs", "steps"]
    points: tuple[int, ...]
    measures: tuple[tuple[str, Measure], ...] = ()


def group(
    cells: Iterable[Cell],
    readings: Mapping[str, Reading],
    begun: Mapping[str, int] = NOT_BEGUN,
) -> tuple[Batch, ...]:
    """One batch of all cells that stack and are read alike (`readings` by cell id), and begin at
    the same step (`begun`, the start unless said).

    All solved cells that are read alike make one batch, all that are fitted, and the cells of each
    chain, whose weights pass from one to the next. A group may be larger than a stack, and than
    what one worker should get: see `split`.
    """
    groups: dict[Hashable, list[Cell]] = {}
    memo: dict[Hashable, Hashable] = {}
    for cell in cells:
        key = _alike(cell, memo), readings[cell.id], begun.get(cell.id, 0)
        groups.setdefault(key, []).append(cell)
    found = []
    for members in groups.values():
        reading = readings[members[0].id]
        measures = dict(reading.measures)
        found.append(Batch(tuple(members), reading.unit, reading.points, measures))
    return tuple(found)


def _alike(cell: Cell, memo: dict[Hashable, Hashable]) -> Hashable:
    """The stack key, worked out once for all cells that are made of the same parts."""
    if not isinstance(cell.train, GradientDescent):
        return cell.train.traits
    if cell.train.chained:
        return "chain", root(cell)
    parts = tuple(map(id, (cell.dataset, cell.architecture, cell.regularizer, cell.train)))
    if parts not in memo:
        memo[parts] = stack_key(cell)
    return memo[parts]


def root(cell: Cell) -> str:
    """The id of the cell that begins a cell's chain."""
    while cell.before is not None:
        cell = cell.before
    return cell.id
