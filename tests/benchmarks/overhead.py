"""What plan, Ray and store add to ten thousand trivial cells, and whether cost grows with cells.

    python -m tests.benchmarks.overhead [--quick]

The same batches are trained by a whole run, from the spec's text to the dataset, and by one plain
process a core that knows no Ray, no store and no driver, in rounds that alternate. Workers and
processes are waited for until they have loaded torch; what a run needs for a single cell (the pool,
dataset and figure) is measured by runs of one cell and deducted; Ray is started once.

Wall times of a machine that others use say little. So the processor seconds of all processes, Ray's
own among them, are measured as well, of runs whose workers answer without training: that is what
is added, to the last system call. Needs Linux's /proc.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from ddspec import pipeline
from ddspec.execution import execute as execution
from ddspec.execution.cluster import Member, RayCrew
from ddspec.execution.events import Event, Started
from ddspec.execution.pools import load_shared, shelf
from ddspec.execution.ray_session import session
from ddspec.execution.task import Outcome, PoolOf
from ddspec.plan.batch import Batch
from ddspec.plan.grouping import Reading, group
from ddspec.plan.machine import here
from ddspec.plan.splitting import split
from ddspec.training.record import Record
from ddspec.vocabulary.pool import Pool
from tests.benchmarks.table import Table, alone

WIDTHS = 5  # in both specs
SPECS = {
    "trained": """dd 1
dataset digits = mnist1d(samples: 1_000, test: 1_000)
train brief {
  optimizer: sgd(lr: 0.1, momentum: 0.9)
  loss:      cross_entropy
  batch:     100 samples
  for:       40 epochs
}
experiment trivial {
  dataset:      digits
  architecture: mlp(hidden: [width])
  train:        brief
  sweep {
    width in {4, 5, 6, 7, 8}
    seed  in 0..<SEEDS
  }
}
""",
    "solved": """dd 1
dataset gauss = linear_gaussian(samples: 100, features: 100, noise_std: 0.5, test: 5_000)
experiment trivial {
  dataset:      gauss
  architecture: linear(features: width)
  train:        least_squares()
  sweep {
    width in {20, 40, 60, 80, 99}
    seed  in 0..<SEEDS
  }
}
""",
}
FEW, MANY, ROUNDS = 1_000, 10_000, 3
NICE = 15  # of Ray's workers: others on the machine take from both alike
HOLLOW = 5  # times as many cells can be run when none is trained
RISKS = ("train_loss", "test_loss", "train_error", "test_error")


@attrs.frozen
class Timing:
    """Wall seconds and processor seconds."""

    wall: float
    cpu: float


def spec_of(kind: str, cells: int, folder: Path) -> Path:
    """A spec of so many trivial cells, or of one."""
    text = SPECS[kind].replace("SEEDS", str(max(cells // WIDTHS, 1)))
    if cells == 1:
        text = text.replace("width in {4, 5, 6, 7, 8}", "width in {4}")
        text = text.replace("width in {20, 40, 60, 80, 99}", "width in {20}")
    path = folder / f"{kind}{cells}.dd"
    path.write_text(text, encoding="utf-8")
    return path


def run(path: Path, workers: int) -> Timing:
    """A run into a new folder; its wall time without what its workers took to be there."""
    asked: list[float] = []
    used: list[float] = []

    def see(event: Event) -> None:
        if isinstance(event, Started):
            asked.append(time.perf_counter())
        used.append(processor_seconds() - time.process_time())  # of the others, while they live

    with tempfile.TemporaryDirectory() as out, ready_workers() as ready:
        before, began = processor_seconds(), time.perf_counter()
        outcome = pipeline.run(str(path), out, workers=workers, on_event=see)
        ended = time.perf_counter()
    assert set(+Counter(outcome.counts)) == {"done"}
    wall = (asked[0] - began) + (ended - statistics.mean(ready))
    return Timing(wall, used[-1] + time.process_time() - before)


def empty(batch: Batch, pools: PoolOf, device: str) -> tuple[Record, ...]:
    """Records as training leaves them, of cells that are not trained."""
    del pools, device
    solved = "closed_form" in batch.cells[0].train.traits
    series = {name: np.zeros(1, np.float32) for name in RISKS}
    points = np.array([0 if solved else 40], np.int32)
    unit = "" if solved else batch.unit
    return tuple(
        Record(cell.id, "done", unit, points, series, 100, int(points[0]), 0.01)
        for cell in batch.cells
    )


def empty_run(path: Path, workers: int) -> float:
    """Processor seconds of a run whose workers do not train."""
    real = execution.execute
    execution.execute = partial(real, fit=empty)  # type: ignore[assignment]
    try:
        return run(path, workers).cpu
    finally:
        execution.execute = real


def processor_seconds() -> float:
    """What this process and its living descendants have used of processors."""
    ticks, parents = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(folder.name)
        ticks[pid], parents[pid] = sum(map(int, fields[11:13])), int(fields[1])
    ours = [os.getpid()]
    for parent in ours:  # grows on the way
        ours += [pid for pid, above in parents.items() if above == parent]
    others = sum(ticks[pid] for pid in ours[1:]) / os.sysconf("SC_CLK_TCK")
    return others + time.process_time()


@contextmanager
def ready_workers() -> Iterator[list[float]]:
    """When each Ray worker became ready to train, as it happens."""
    times: list[float] = []
    greet = RayCrew._greet

    def noted(crew: RayCrew, member: Member) -> list[Outcome]:
        times.append(time.perf_counter())
        return greet(crew, member)

    RayCrew._greet = noted  # type: ignore[method-assign]
    try:
        yield times
    finally:
        RayCrew._greet = greet  # type: ignore[method-assign]


@contextmanager
def ray_started(workers: int) -> Iterator[float]:
    """Ray for the time of a `with`; the seconds it took to start."""
    began = time.perf_counter()
    with session(None, workers):
        yield time.perf_counter() - began


def batches_of(path: Path, workers: int) -> tuple[Batch, ...]:
    """The batches that a run makes of a spec."""
    (plan,) = pipeline.expand_all(pipeline.load(str(path)))
    along = plan.experiment.trajectory
    readings = dict.fromkeys(plan.ids, Reading(along.unit, along.points))
    return split(group(plan.cells(range(len(plan))), readings), here(workers))


def trainer(connection: Any) -> None:
    """A plain process: fits the batches it is sent and says what of the processor each took.

    `new` has it forget the pools that were drawn; what runs read once is kept.
    """
    import torch

    from ddspec.training.fit import fit

    torch.set_num_threads(1)
    os.nice(NICE)
    shared: dict[Hashable, Pool] = {}
    pools = shelf(shared, None)
    connection.send("ready")
    while (message := connection.recv()) is not None:
        if message == "new":
            pools = shelf(shared, None)
            continue
        if not shared:
            shared |= load_shared([message], None)
            pools = shelf(shared, None)
        before = time.process_time()
        fit(message, pools)
        connection.send(time.process_time() - before)


@contextmanager
def trainers(count: int) -> Iterator[list[Any]]:
    """Connections to plain processes that are ready to train."""
    context = get_context("spawn")
    pairs = [context.Pipe() for _ in range(count)]
    processes = [context.Process(target=trainer, args=(theirs,)) for _, theirs in pairs]
    for process in processes:
        process.start()
    for ours, _ in pairs:
        assert ours.recv() == "ready"
    yield [ours for ours, _ in pairs]
    for ours, _ in pairs:
        ours.send(None)
    for process in processes:
        process.join()


def plain(batches: Sequence[Batch], connections: list[Any]) -> Timing:
    """Plain processes, each given the next batch when it is done with one."""
    waiting, free, used, busy = list(batches[::-1]), list(connections), 0.0, 0
    for connection in connections:
        connection.send("new")
    began = time.perf_counter()
    while waiting or busy:
        while waiting and free:
            free.pop().send(waiting.pop())
            busy += 1
        for connection in wait([each for each in connections if each not in free]):
            used += connection.recv()
            free.append(connection)
            busy -= 1
    return Timing(time.perf_counter() - began, used)


def row(kind: str, few: int, many: int, rounds: int, workers: int) -> list[str]:
    """One line of the table, from medians over rounds."""
    seconds: dict[str, list[float]] = {}

    def note(what: str, value: float) -> None:
        seconds.setdefault(what, []).append(value)

    with tempfile.TemporaryDirectory() as folder, trainers(workers) as connections:
        sizes = (1, few, many)
        specs = {size: spec_of(kind, size, Path(folder)) for size in sizes}
        hollow = {size: spec_of(kind, size, Path(folder)) for size in (many, HOLLOW * many)}
        plain(batches_of(specs[1], workers) * workers, connections)  # reads the pool
        for _ in range(rounds):
            for size, path in specs.items():
                note(f"run {size}", run(path, workers).wall)
                trained = plain(batches_of(path, workers), connections)
                note(f"plain {size}", trained.wall)
                note(f"train {size}", trained.cpu)
            for size, path in hollow.items():
                note(f"empty {size}", empty_run(path, workers))
    return shown(kind, few, many, {what: statistics.median(s) for what, s in seconds.items()})


def shown(kind: str, few: int, many: int, seconds: dict[str, float]) -> list[str]:
    """One line of the table from seconds of each thing that was done."""
    start = seconds["run 1"]
    run_few, run_many = ((seconds[f"run {n}"] - start) / n for n in (few, many))
    alone_many, train = seconds[f"plain {many}"] / many, seconds[f"train {many}"] / many
    added = seconds[f"empty {HOLLOW * many}"] - seconds[f"empty {many}"]
    added /= (HOLLOW - 1) * many
    return [
        f"{kind}, {many:,} cells",
        f"{1e3 * alone_many:.2f}",
        f"{1e3 * run_many:.2f}",
        f"{100 * (run_many / alone_many - 1):+.1f} %",
        f"{1e3 * train:.2f}",
        f"{1e3 * added:.3f}",
        f"{100 * added / train:+.1f} %",
        f"{100 * (run_many / run_few - 1):+.1f} %",
        f"{start:.1f}",
    ]


def measure(*, quick: bool = False) -> Table:
    """What plan, Ray and store add to trivial cells, by wall time and by processor time."""
    few, many, rounds = (200, 1_000, 1) if quick else (FEW, MANY, ROUNDS)
    workers = here().workers
    with ray_started(workers) as seconds:
        rows = [row(kind, few, many, rounds, workers) for kind in SPECS]
    return Table(
        title="What plan, Ray and store add to trivial cells",
        header=[
            "cells",
            "plain processes, wall ms a cell",
            "run, wall ms a cell",
            "overhead",
            "training, CPU ms a cell",
            "all else, CPU ms a cell",
            "overhead",
            f"wall of a cell, {few:,} to {many:,}",
            "run of one cell, s",
        ],
        rows=rows,
        note=(
            f"{workers} workers or processes, medians of {rounds} interleaved rounds. Wall times of"
            " runs are less what a run of one cell takes without its worker's start; starting Ray"
            f" took {seconds:.1f} s more. `All else` is from {many:,} to {HOLLOW * many:,} cells."
        ),
    )


if __name__ == "__main__":
    alone(measure)
