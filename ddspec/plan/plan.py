"""A plan: which cells an experiment needs, and where each of them belongs in the grid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np

from ddspec.markup import lines
from ddspec.plan.cell import Cell
from ddspec.spec.model import Experiment


@attrs.frozen(eq=False)
class Plan:
    """The distinct cells of one experiment, in order of first appearance in the grid.

    `index`: int64 of shape `experiment.shape`, the number of each grid point's cell, -1 where the
    point is excluded. `ids`: the cells' ids, 64 hex digits. `rows`: int32 (cells, 5), each cell's
    row in `parts` (the distinct datasets, architectures, regularizers, procedures and seeds).
    `before`: int64 (cells,), the number of the cell whose trained weights each starts from, -1
    where it draws its own; None where all do. `rungs`: of an experiment that halves candidates, the
    plans of the same grid for shorter training, shortest first; `shares`: what that is divided by.
    """

    experiment: Experiment
    index: np.ndarray
    ids: tuple[str, ...]
    rows: np.ndarray
    parts: tuple[tuple[Any, ...], ...]
    before: np.ndarray | None = None
    rungs: tuple[Plan, ...] = ()
    shares: tuple[int, ...] = ()

    def __repr__(self) -> str:
        name, size = self.experiment.name, self.experiment.size
        return f"<Plan of {name}: {len(self):,} cells on {size:,} grid points>"

    def _repr_html_(self) -> str:
        """Its axes, and how many cells they make, for a notebook."""
        return self.experiment._repr_html_() + lines([f"{len(self):,} distinct cells"])

    def __len__(self) -> int:
        return len(self.ids)

    def cell(self, number: int) -> Cell:
        """The cell of that number."""
        dataset, architecture, regularizer, train, seed = (
            part[row] for part, row in zip(self.parts, self.rows[number], strict=True)
        )
        link = -1 if self.before is None else int(self.before[number])
        before = self.cell(link) if link >= 0 else None
        return Cell(self.ids[number], dataset, architecture, regularizer, train, seed, before)

    def cells(self, numbers: Iterable[int]) -> tuple[Cell, ...]:
        """The cells of those numbers."""
        return tuple(self.cell(number) for number in numbers)
