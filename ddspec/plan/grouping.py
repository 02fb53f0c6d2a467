"""Cells to batches: what stacks is trained together."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Mapping
from typing import Literal

import attrs

from ddspec.plan.batch import Batch
from ddspec.plan.cell import Cell
from ddspec.plan.cost import model_seconds
from ddspec.plan.stacking import stack_key, stack_size
from ddspec.vocabulary.kinds import Measure


@attrs.frozen
class Reading:
    """What a run must record: points in `unit` (none: the end only) and measures by name."""

    unit: Literal["epochs", "steps"]
    points: tuple[int, ...]
    measures: tuple[tuple[str, Measure], ...] = ()


def group(cells: Iterable[Cell], readings: Mapping[str, Reading]) -> tuple[Batch, ...]:
    """Batches of cells that stack and are read alike (`readings` by cell id), dearest first.

    Every group of n cells of stack size K becomes ceil(n / K) batches of nearly equal size.
    """
    groups: dict[Hashable, list[Cell]] = {}
    for cell in cells:
        groups.setdefault((stack_key(cell), readings[cell.id]), []).append(cell)
    batches = [
        Batch(part, reading.unit, reading.points, dict(reading.measures))
        for members in groups.values()
        for reading in (readings[members[0].id],)
        for part in _split(members)
    ]
    return tuple(sorted(batches, key=batch_seconds, reverse=True))


def batch_seconds(batch: Batch) -> float:
    """Core-seconds of a batch by the cost model."""
    return sum(model_seconds(cell, max(len(batch.points), 1)) for cell in batch.cells)


def _split(cells: list[Cell]) -> list[tuple[Cell, ...]]:
    parts = -(-len(cells) // stack_size(cells[0]))
    size, larger = divmod(len(cells), parts)
    bounds = [0]
    for part in range(parts):
        bounds.append(bounds[-1] + size + (part < larger))
    return [tuple(cells[a:b]) for a, b in itertools.pairwise(bounds)]
