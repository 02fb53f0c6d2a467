"""One worker: batches to records in one process, on one thread and one device."""

from __future__ import annotations

import os
import platform
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from ddspec.execution.task import Answer, Fit, PoolOf
from ddspec.plan.batch import Batch
from ddspec.training.checkpoint import Keeping
from ddspec.training.record import Record

# What torch, CUDA's libraries and the system write when memory runs out.
NO_MEMORY = (
    *("out of memory", "outofmemory", "can't allocate memory", "cannot allocate memory"),
    *("not enough memory", "alloc_failed", "bad_alloc", "unable to allocate"),
)


def train(
    batch: Batch, pools: PoolOf, device: str, keeping: Keeping | None = None, group: Any = None
) -> tuple[Record, ...]:
    """What a worker does unless told otherwise: train or solve the cells of a batch.

    group: the processes it trains with, `ddspec.training.shared.Group`, if it does not alone.
    """
    from ddspec.training.fit import fit  # torch is loaded where batches are trained, only there

    return fit(batch, pools, device, keeping, group)


@attrs.define(eq=False)
class Worker:
    """Answers batches one after the other; whatever `fit` raises becomes an answer too."""

    fit: Fit
    pools: PoolOf
    device: str = "cpu"

    def prepare(self) -> None:
        """Load torch, which takes seconds, before the first batch waits for it."""
        with one_thread():
            pass

    def answer(self, batch: Batch) -> Answer:
        """The records of a batch, in its order and signed by this worker, or a traceback."""
        began = time.perf_counter()
        by = f"{platform.node()}:{os.getpid()}"
        try:
            with one_thread():
                records = self.fit(batch, self.pools, self.device)
            if [record.cell for record in records] != [cell.id for cell in batch.cells]:
                raise ValueError("the records are not those of the batch's cells")  # noqa: TRY301
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the batch
            text = "".join(traceback.format_exception(error))
            cause, spoiled = cause_of(error), "CUDA error" in text
            took = time.perf_counter() - began
            return Answer((), text, by, took, cause=cause, spoiled=spoiled)
        name = self.name()
        signed = tuple(attrs.evolve(record, worker=name) for record in records)
        return Answer(signed, by=by, seconds=time.perf_counter() - began)

    def name(self) -> str:
        """What trains here: `AMD EPYC 9V74, one thread, on node-3`."""
        return f"{device_name(self.device)} on {platform.node()}"


def cause_of(error: BaseException) -> str:
    """The kind of a failure: `oom` when memory ran out, of the machine or its card; `exception`."""
    text = f"{type(error).__name__} {error}".lower()
    kinds = (MemoryError, RuntimeError, OSError)  # torch says so of the CPU by RuntimeError
    if isinstance(error, MemoryError) or (
        isinstance(error, kinds) and any(words in text for words in NO_MEMORY)
    ):
        return "oom"
    return cause_of(error.__cause__) if error.__cause__ is not None else "exception"


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch computes on one thread: stacks are small, and sums come out the same everywhere."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def device_name(device: str) -> str:
    """A device in the words of its maker."""
    if device.startswith("cuda"):
        import torch

        return str(torch.cuda.get_device_name(device))
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{(models or [platform.machine()])[0]}, one thread,"
