"""Solved cells: the exact minimizer of the squared error, one factorization for many cells.

The objective is that of training with `mse` and `l2`: the mean over samples and outputs of the
squared error, plus (strength / 2) |w|^2 over all trained weights, a bias among them. Without `l2`
it is the minimizer of least norm. Samples, features and Gram matrices are made once for all cells
of a family. A cell's risks depend on the others by rounding only: to 1e-10 of them in float64 where
its design, penalty included, has a condition below 1e5.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

import attrs
import numpy as np
import torch
from torch import Tensor

from ddspec.plan.batch import Batch
from ddspec.plan.cell import Cell
from ddspec.training.expanded import Expanded
from ddspec.training.family import Family, PoolOf, families, inputs_of
from ddspec.training.readings import kept, storable
from ddspec.training.record import Record
from ddspec.training.selection import Part
from ddspec.training.solved import Series, measured
from ddspec.vocabulary.architectures.linearized import Linearized
from ddspec.vocabulary.kinds import Measure

EVALUATED = 1 << 24  # numbers of a design matrix or of predictions made at once in evaluation


def solve_cells(batch: Batch, pools: PoolOf, device: str = "cpu") -> tuple[Record, ...]:
    """The records of solved cells, in the batch's order; readings are at the solution.

    When the device runs out of memory the cells that are solved together are halved, down to one.
    """
    records: dict[str, Record] = {}
    tests = Inputs(device)
    for cells in families(batch.cells):
        began = time.perf_counter()
        solved = readings_of(cells, pools, batch.measures, tests)
        seconds = (time.perf_counter() - began) / len(cells)
        for cell, series in zip(cells, solved, strict=True):
            records[cell.id] = _record(cell, series, seconds)
    return tuple(records[cell.id] for cell in batch.cells)


@attrs.define(eq=False)
class Inputs:
    """Test inputs on a device: those of one pool are moved once for all families."""

    device: str
    _array: np.ndarray | None = None
    _tensor: Tensor | None = None

    def of(self, part: Part) -> Tensor:
        """The inputs of a test part; all cells of a pool are tested on the same rows."""
        if self._tensor is None or self._array is not part.inputs:
            self._array, self._tensor = part.inputs, inputs_of(part, self.device)
        return self._tensor


def readings_of(
    cells: Sequence[Cell], pools: PoolOf, measures: Mapping[str, Measure], tests: Inputs
) -> list[Series]:
    """Risks and measures, in float64, of cells of one family, solved together if memory allows."""
    kind = Expanded if isinstance(cells[0].architecture, Linearized) else Family
    try:
        return _readings(kind.of(cells, pools, tests.device), measures, tests)
    except torch.OutOfMemoryError:
        if len(cells) == 1:
            raise
    torch.cuda.empty_cache()
    middle = (len(cells) + 1) // 2
    halves = (cells[:middle], cells[middle:])
    return [series for half in halves for series in readings_of(half, pools, measures, tests)]


def _readings(family: Family, measures: Mapping[str, Measure], tests: Inputs) -> list[Series]:
    weights = family.weights()
    found: list[Series] = [{} for _ in weights]
    for name in ("train", "validation", "test"):
        if not len(family.part(name)):
            continue
        for series, (loss, error) in zip(found, _risks(family, weights, name, tests), strict=True):
            series[f"{name}_loss"] = loss
            if family.cells[0].dataset.classes is not None:
                series[f"{name}_error"] = error
    for series, cell, weight in zip(found, family.cells, weights, strict=True):
        series.update(measured(family, cell, weight, measures))
    return found


def _risks(
    family: Family, weights: Sequence[Tensor], part: str, tests: Inputs
) -> list[tuple[float, float]]:
    """The mean loss and the error of each cell on a part; features are those of the widest."""
    read = family.reader(weights)
    sums = torch.zeros(len(weights), 2, dtype=torch.float64, device=family.matrix.device)
    for rows, made in _chunks(family, part, tests, max(1, EVALUATED // read.numbers)):
        for numbers, dataset, predicted in read(made):
            wanted = family.targets(dataset, part, rows)[:, None]
            counts = family.counts(part, rows)
            each = (predicted - wanted).square().sum(dim=2)
            said = predicted.argmax(dim=2, keepdim=True)
            wrong = wanted.expand_as(predicted).gather(2, said).squeeze(2) < wanted.amax(dim=2)
            if counts is not None:
                each, wrong = counts[:, None] * each, counts[:, None] * wrong
            sums[numbers, 0] += each.sum(dim=0)
            sums[numbers, 1] += wrong.sum(dim=0)
    counts = family.counts(part, slice(None))
    total = len(family.part(part)) if counts is None else float(counts.sum())
    return [(loss / (total * family.outputs), wrong / total) for loss, wrong in sums.tolist()]


def _chunks(family: Family, part: str, tests: Inputs, most: int) -> Iterator[tuple[slice, Tensor]]:
    """The features of a part, at most so many rows at once, and which rows they are of."""
    if part == "train":
        inputs = family.matrix
    else:
        held = family.part(part)
        inputs = tests.of(held) if part == "test" else inputs_of(held, tests.device)
    for start in range(0, len(inputs), most):
        rows = slice(start, start + most)
        yield rows, inputs[rows] if part == "train" else family.seen(family.network, inputs[rows])


def _record(cell: Cell, series: Series, seconds: float) -> Record:
    data = cell.dataset
    losses = (value for name, value in series.items() if name.endswith("_loss"))
    finite = all(storable(float(value)) for value in losses)
    return Record(
        cell=cell.id,
        status="done" if finite else "diverged",
        unit="",
        points=np.zeros(1, np.int32),
        series={name: kept(np.asarray([value])) for name, value in series.items()},
        parameters=cell.architecture.parameters(data.shape, data.outputs, cell.regularizer),
        stop=0,
        seconds=seconds,
    )
