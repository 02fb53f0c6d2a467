"""Fit a batch: its cells' records, trained as stacks or solved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from ddspec.plan.batch import Batch
from ddspec.plan.cell import Cell
from ddspec.training.arithmetic import flushed_denormals, full_precision
from ddspec.training.closed_form import solve_cells
from ddspec.training.engine import Run, train_stack
from ddspec.training.readings import kept
from ddspec.training.record import Record
from ddspec.training.selection import select
from ddspec.vocabulary.kinds import Dataset
from ddspec.vocabulary.pool import Pool

PoolOf = Callable[[Dataset, int], Pool]


def fit(batch: Batch, pools: PoolOf, device: str = "cpu") -> tuple[Record, ...]:
    """Train or solve the cells of a batch, which stack, on a torch device: `cpu`, `cuda`, `cuda:1`.

    pools: gives the pool of a dataset under a data seed. Returns one record a cell, in the batch's
    order. Uses as many threads as torch has been told to; changes no global state and no global
    generator. When the device runs out of memory the stack is halved, down to one cell. Raises
    DdspecError for missing data, and what torch raises.
    """
    with full_precision(device):
        if "closed_form" in batch.cells[0].train.traits:
            return solve_cells(batch, pools, device)
        return tuple(_halving(batch, batch.cells, pools, device))


def _halving(batch: Batch, cells: Sequence[Cell], pools: PoolOf, device: str) -> Iterator[Record]:
    try:
        records = _train(batch, cells, pools, device)
    except torch.OutOfMemoryError:
        if len(cells) == 1:
            raise
        records = None
    if records is not None:
        yield from records
        return
    torch.cuda.empty_cache()
    middle = (len(cells) + 1) // 2
    yield from _halving(batch, cells[:middle], pools, device)
    yield from _halving(batch, cells[middle:], pools, device)


def _train(batch: Batch, cells: Sequence[Cell], pools: PoolOf, device: str) -> list[Record]:
    began = time.perf_counter()
    selections = [select(cell, pools(cell.dataset, cell.seed.data)) for cell in cells]
    with flushed_denormals():  # the pools are made: only training is meant
        runs = train_stack(
            cells,
            selections,
            device,
            unit=batch.unit,
            points=batch.points,
            measures=batch.measures,
            ways=batch.ways,
        )
    seconds = time.perf_counter() - began
    steps = sum(run.course.steps for run in runs)
    return [
        _record(cell, run, batch, seconds * run.course.steps / steps)
        for cell, run in zip(cells, runs, strict=True)
    ]


def _record(cell: Cell, run: Run, batch: Batch, seconds: float) -> Record:
    data, readings = cell.dataset, run.readings
    return Record(
        cell=cell.id,
        status="done" if readings.stop is None else "diverged",
        unit=batch.unit,
        points=np.array(readings.points, np.int32),
        series={name: kept(values) for name, values in readings.series.items()},
        parameters=cell.architecture.parameters(data.shape, data.outputs, cell.regularizer),
        stop=readings.end if readings.stop is None else readings.stop,
        seconds=seconds,
    )
