"""Fit a batch: its cells' records, trained as stacks, solved, or fitted by a library."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import attrs
import numpy as np
import torch

from ddspec.plan.batch import Batch, Way
from ddspec.plan.cell import Cell
from ddspec.training.arithmetic import flushed_denormals, full_precision
from ddspec.training.begun import train_begun
from ddspec.training.checkpoint import Checkpoint, Keeping
from ddspec.training.closed_form import solve_cells
from ddspec.training.engine import train_stack
from ddspec.training.estimators import fit_cells
from ddspec.training.memory import CardGauge, Gauge, fitting
from ddspec.training.native import trains
from ddspec.training.readings import kept
from ddspec.training.record import Record, Status
from ddspec.training.saving import Saving
from ddspec.training.selection import select
from ddspec.training.shared import Group
from ddspec.training.sharing import keeping_of
from ddspec.training.stack import Run
from ddspec.training.succession import train_chains
from ddspec.vocabulary.kinds import Dataset
from ddspec.vocabulary.pool import Pool

PoolOf = Callable[[Dataset, int], Pool]


def fit(
    batch: Batch,
    pools: PoolOf,
    device: str = "cpu",
    keeping: Keeping | None = None,
    group: Group | None = None,
) -> tuple[Record, ...]:
    """Train, solve or fit the cells of a batch on a torch device: `cpu`, `cuda`, `cuda:1`.

    pools: gives the pool of a dataset under a data seed. Returns one record a cell, in the batch's
    order. Uses as many threads as torch has been told to; changes no global state and no global
    generator. On a graphics card as many cells train at once as its memory is measured to hold;
    when a device runs out of memory all the same the stack is halved, down to one cell. keeping:
    who keeps checkpoints; cells that have one continue from it. group: the processes that train the
    batch together, cell by cell, each by a call like this one; cells that are solved or fitted they
    cannot. Raises DdspecError for missing data and for ways that cannot be used, and what torch
    raises.
    """
    with full_precision(device):
        traits = batch.cells[0].train.traits
        if "estimator" in traits:
            return fit_cells(batch, pools)
        if "closed_form" in traits:
            return tuple(_halving(batch, lambda part: solve_cells(part, pools, device)))
        if group is not None:
            return _fit_together(batch, pools, device, keeping, group)
        gauge = CardGauge(device) if device.startswith("cuda") else None
        parts = _parts(batch, pools, device, gauge)
        saving = None if keeping is None else Saving(keeping)
        found: list[Record] = []
        for number, part in enumerate(parts, start=1):
            _foretell(saving, parts[number:], part)
            found += _halving(part, lambda part: _train(part, pools, device, saving))
        return tuple(found)


def _fit_together(
    batch: Batch, pools: PoolOf, device: str, keeping: Keeping | None, group: Group
) -> tuple[Record, ...]:
    """The same by one of several processes. No stack is halved for want of memory: the others would
    wait for this one.
    """
    chain = any(cell.before is not None for cell in batch.cells)
    parts = [batch] if chain else [attrs.evolve(batch, cells=(cell,)) for cell in batch.cells]
    saving = None if keeping is None else Saving(keeping_of(keeping, group))
    found: list[Record] = []
    for number, part in enumerate(parts, start=1):
        _foretell(saving, parts[number:], part)
        found += _train(part, pools, device, saving, group)
    return tuple(found)


def _foretell(saving: Saving | None, later: Sequence[Batch], part: Batch) -> None:
    if saving is not None:
        saving.more = bool(later) or any(cell.before is not None for cell in part.cells)


def _parts(batch: Batch, pools: PoolOf, device: str, gauge: Gauge | None) -> list[Batch]:
    """The batch in nearly equal parts, each a stack: as many cells as memory holds by its gauge;
    without one, as the batch says, unless they train one after the other.
    """
    count = most = len(batch)
    if any(cell.before is not None for cell in batch.cells):
        return [batch]  # a chain passes its weights on
    if gauge is not None:
        most = _measured(batch, pools, device, gauge)
    elif batch.stack and batch.stack < count:
        alone = "native" in batch.ways and trains(batch.cells[0], device)
        most = count if alone else batch.stack
    number = -(-count // most)
    bounds = [count * part // number for part in range(number + 1)]
    return [attrs.evolve(batch, cells=batch.cells[a:b]) for a, b in itertools.pairwise(bounds)]


def _measured(batch: Batch, pools: PoolOf, device: str, gauge: Gauge) -> int:
    """How many cells of a batch a device has memory for, by trying its two largest."""
    few = sorted(batch.cells, key=lambda cell: -cell.dataset.samples)[:2]
    try:
        selections = [select(cell, pools(cell.dataset, cell.seed.data)) for cell in few]
        return fitting(few, selections, device, gauge, len(batch))
    except torch.OutOfMemoryError:
        return 1


def _halving(batch: Batch, work: Callable[[Batch], Sequence[Record]]) -> Iterator[Record]:
    try:
        records = work(batch)
    except torch.OutOfMemoryError:
        if len(batch) == 1:
            raise
        records = None
    if records is not None:
        yield from records
        return
    torch.cuda.empty_cache()
    middle = (len(batch) + 1) // 2
    for cells in (batch.cells[:middle], batch.cells[middle:]):
        yield from _halving(attrs.evolve(batch, cells=cells), work)


def _train(
    batch: Batch,
    pools: PoolOf,
    device: str,
    saving: Saving | None,
    group: Group | None = None,
) -> list[Record]:
    began = time.perf_counter()
    runs = train_chains(batch.cells, partial(_stack, batch, pools, device, saving, group))
    seconds = time.perf_counter() - began
    steps = [run.course.steps - run.begun for run in runs]
    each = seconds / (sum(steps) or 1)
    return [
        _record(cell, run, batch, run.seconds + each * taken)
        for cell, run, taken in zip(batch.cells, runs, steps, strict=True)
    ]


def _stack(
    batch: Batch,
    pools: PoolOf,
    device: str,
    saving: Saving | None,
    group: Group | None,
    cells: Sequence[Cell],
    before: Sequence[Run | None],
) -> list[Run]:
    """The runs of cells that stack."""
    selections = [select(cell, pools(cell.dataset, cell.seed.data)) for cell in cells]

    def train(
        numbers: Sequence[int], begun: Sequence[Checkpoint], ways: Sequence[Way]
    ) -> Sequence[Run]:
        return train_stack(
            [cells[number] for number in numbers],
            [selections[number] for number in numbers],
            device,
            unit=batch.unit,
            points=batch.points,
            measures=batch.measures,
            ways=ways,
            before=[before[number] for number in numbers] if before else (),
            begun=begun,
            saving=saving,
            group=group,
        )

    with flushed_denormals():  # the pools are made: only training is meant
        if saving is None:
            return list(train(range(len(cells)), (), batch.ways))
        return train_begun(cells, batch, saving.keeping.keeper, device, train)


def _record(cell: Cell, run: Run, batch: Batch, seconds: float) -> Record:
    data, readings = cell.dataset, run.readings
    return Record(
        cell=cell.id,
        status=_status(run),
        unit=batch.unit,
        points=np.array(readings.points, np.int32),
        series={name: kept(values) for name, values in readings.series.items()},
        parameters=cell.architecture.parameters(data.shape, data.outputs, cell.regularizer),
        stop=_length(run, batch),
        seconds=seconds,
        way=run.way,
    )


def _status(run: Run) -> Status:
    if run.readings.stop is not None:
        return "diverged"
    return "done" if run.stopped is None else "stopped"


def _length(run: Run, batch: Batch) -> int:
    """Epochs or steps trained."""
    if run.readings.stop is not None:
        return run.readings.stop
    if run.stopped is None:
        return run.readings.end
    return -(-run.stopped // (run.course.epoch if batch.unit == "epochs" else 1))
