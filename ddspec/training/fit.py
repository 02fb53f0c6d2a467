"""Fit a batch: its cells' records, trained as stacks or solved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from ddspec.plan.batch import Batch
from ddspec.plan.cell import Cell
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
    runs = train_stack(
        cells,
        selections,
        device,
        unit=batch.unit,
        points=batch.points,
        measures=batch.measures,
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
        parameters=cell.architecture.parameters(data.inputs, data.outputs, cell.regularizer),
        stop=readings.end if readings.stop is None else readings.stop,
        seconds=seconds,
    )


@contextmanager
def full_precision(device: str) -> Iterator[None]:
    """On a graphics card: no TF32 meanwhile, whatever the process has set."""
    switches = _tf32_switches() if torch.device(device).type == "cuda" else []
    kept = [getattr(place, name) for place, name, _ in switches]
    for place, name, off in switches:
        setattr(place, name, off)
    try:
        yield
    finally:
        for (place, name, _), value in zip(switches, kept, strict=True):
            setattr(place, name, value)


def _tf32_switches() -> list[tuple[Any, str, Any]]:
    """Where torch keeps TF32, under what name, and the value that means off."""
    matmul: Any = torch.backends.cuda.matmul
    cudnn: Any = torch.backends.cudnn
    old = [(matmul, "allow_tf32", False), (cudnn, "allow_tf32", False)]
    try:
        for place, name, _ in old:
            getattr(place, name)
    except RuntimeError:  # the process has used torch's newer switches, and then must go on so
        return [(place, "fp32_precision", "ieee") for place in (matmul, cudnn.conv, cudnn.rnn)]
    return old
