"""What a store of a hundred thousand cells costs: to fill, to look at, to make a dataset of.

    python -m tests.benchmarks.store

100 epochs and 8 quantities a cell. Each deed in a process of its own, with its peak memory.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from tests.benchmarks.table import Table, alone

EPOCHS, NAMES = 100, 8
FILES = 300  # of one cell each that are written and read, to tell of all


SPEC = """dd 1

train fit {{
  optimizer: sgd(lr: 0.1)
  loss:      cross_entropy
  batch:     100 samples
  for:       {epochs} epochs
}}

experiment big {{
  dataset:      mnist1d(samples: 100)
  architecture: mlp(hidden: [width])
  train:        fit
  measure {{
    norm:  weight_norm()
    path:  path_norm()
    zeros: sparsity()
    gap:   margin()
  }}
  sweep {{
    width  in 1..100
    seed   in 0..<{seeds}
    epochs in 1..{epochs}
  }}
}}
"""


@attrs.frozen
class Cost:
    """Wall seconds, processor seconds and MiB at most."""

    wall: float
    used: float = float("nan")
    memory: float = float("nan")

    def times(self, factor: float) -> Cost:
        """The time of so many times as much; nothing is said of memory."""
        return Cost(self.wall * factor, self.used * factor)

    def cells(self) -> list[str]:
        """As a row has it."""
        return [
            "" if math.isnan(value) else f"{value:.{digits}f}"
            for value, digits in ((self.wall, 2), (self.used, 2), (self.memory, 0))
        ]


def cost_of(deed: str, folder: Path, cells: int) -> Cost:
    """What a deed costs in a process of its own, imports left out but in the memory.

    This process stays small: the memory of a child is never told as less than what its parent had.
    """
    words = [sys.executable, "-m", "tests.benchmarks.measuring.stores", deed, str(folder)]
    process = subprocess.Popen([*words, str(cells)], stdout=subprocess.PIPE, text=True)
    told = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{deed} failed with exit status {process.returncode}")
    wall, busy = map(float, told.split()[-2:])
    return Cost(wall, busy, used.ru_maxrss / 2**10)


@contextmanager
def writing(folder: Path, cells: int) -> Iterator[None]:
    """While another process commits cells to the store."""
    words = [sys.executable, "-m", "tests.benchmarks.measuring.stores", "keep_writing"]
    process = subprocess.Popen([*words, str(folder), str(cells)], stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdout.readline() != "writing\n":
            raise RuntimeError("the writer did not start")
        yield
    finally:
        process.kill()
        process.communicate()


def status(folder: Path) -> Cost:
    """`ddspec status`, the whole command."""
    words = [sys.executable, "-m", "ddspec", "status", str(folder / "run")]
    began = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, code, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        raise RuntimeError(f"ddspec status failed with exit status {process.returncode}")
    busy = used.ru_utime + used.ru_stime
    return Cost(time.perf_counter() - began, busy, used.ru_maxrss / 2**10)


def write_spec(folder: Path, cells: int) -> Path:
    """The spec of so many cells, hundreds, in a folder."""
    path = folder / "big.dd"
    path.write_text(SPEC.format(epochs=EPOCHS, seeds=cells // 100), encoding="utf-8")
    return path


def measure(*, quick: bool = False) -> Table:
    """Fill a store and do with it what a user does."""
    cells = 5_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_spec(folder, cells)
        costs = {
            "commit every cell, 500 at a time": cost_of("fill", folder, cells),
            "what is to be trained: `ddspec.plan`": cost_of("planned", folder, cells),
            "the dataset, as `run` publishes it": cost_of("slabs", folder, cells),
            "the dataset made whole in memory first": cost_of("memory", folder, cells),
            "one netCDF file a cell, put together": cost_of("files", folder, cells).times(
                cells / FILES
            ),
            "the figure, from the file": cost_of("figure", folder, cells),
            "open the dataset": cost_of("opened", folder, cells),
            "read a plane of width x epochs": cost_of("plane", folder, cells),
            "`ddspec verify`: every checksum": cost_of("verified", folder, cells),
        }
        with writing(folder, cells):
            costs["`ddspec status` while a run writes"] = min(
                (status(folder) for _ in range(3)), key=lambda cost: cost.wall
            )
        size = (folder / "run" / "cells.sqlite").stat().st_size / 2**20
        dataset = (folder / "run" / "big.nc").stat().st_size / 2**20
    whole = cells * EPOCHS * NAMES * 4 / 2**20
    return Table(
        title=f"A store of {cells:,} cells",
        header=["what", "seconds", "of a processor", "MiB at most"],
        rows=[[what, *cost.cells()] for what, cost in costs.items()],
        note=(
            f"{EPOCHS} epochs and {NAMES} quantities a cell: {whole:.0f} MiB of numbers;"
            f" `cells.sqlite` has {size:.0f} MiB, the dataset {dataset:.0f}. Each in a process of"
            " its own, imports in its memory but not in its time, except `ddspec status`, which is"
            f" the whole command; files a cell are extrapolated from {FILES}."
        ),
    )


if __name__ == "__main__":
    alone(measure)
