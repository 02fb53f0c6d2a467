"""A batch: cells trained together in one process, and where their runs are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from ddspec.plan.cell import Cell
from ddspec.vocabulary.kinds import Measure

Way = Literal["native", "compiled", "eager"]
WAYS: tuple[Way, ...] = ("native", "compiled", "eager")


@attrs.frozen
class Batch:
    """Cells that stack: one module shape, one step graph, one number of readings.

    `points` are increasing readings in `unit`; empty means the end of training only. Solved cells
    have one reading whatever `points` say. `ways`: how to take a step, the first that can be used:
    the package's own in C, compiled by torch, or operation by operation. `stack`: how many cells
    train best together where they do (the native step takes them one after the other); None: all.
    `seconds`: what training the batch is expected to take.
    """

    cells: tuple[Cell, ...]
    unit: Literal["epochs", "steps"] = "epochs"
    points: tuple[int, ...] = ()
    measures: Mapping[str, Measure] = attrs.field(factory=dict)
    ways: tuple[Way, ...] = ("native", "eager")
    stack: int | None = None
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.cells)
