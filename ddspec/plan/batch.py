"""A batch: cells trained together in one process, and where their runs are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from ddspec.plan.cell import Cell
from ddspec.vocabulary.kinds import Measure


@attrs.frozen
class Batch:
    """Cells that stack: one module shape, one step graph, one number of readings.

    `points` are increasing readings in `unit`; empty means the end of training only. Solved cells
    have one reading whatever `points` say.
    """

    cells: tuple[Cell, ...]
    unit: Literal["epochs", "steps"] = "epochs"
    points: tuple[int, ...] = ()
    measures: Mapping[str, Measure] = attrs.field(factory=dict)

    def __len__(self) -> int:
        return len(self.cells)
