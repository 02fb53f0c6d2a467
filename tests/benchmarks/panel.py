"""The MLP panels of `specs/mnist1d.dd`, whole, against two loops that train them cell by cell.

    python -m tests.benchmarks.panel [--quick]

Every width of the spec, clean and noisy, 5 seeds, 500 epochs with 30 recorded ones. First width by
width, in turns: a part of the epochs and evaluations of each design, in a process of one thread on
every core at the same time, extrapolated to whole cells. Then all of it by `ddspec run`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import attrs
import numpy as np

from ddspec import pipeline
from ddspec.plan.batch import Batch
from tests.benchmarks.measuring.rounds import Rounds, interleaved, timed
from tests.benchmarks.measuring.workers import Workers
from tests.benchmarks.rivals import loops
from tests.benchmarks.rivals.stacks import cells_of as cells_of_width
from tests.benchmarks.rivals.stacks import fitted
from tests.benchmarks.table import Table, alone

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "specs" / "mnist1d.dd"
TEST = 12_000
LOOPS = {"notebook": loops.notebook, "loop": loops.tensor_loop}
DESIGNS = (*LOOPS, "ours")


@attrs.frozen
class Size:
    """How much of the panels `ddspec run` trains, and how much of a cell is tried at each width."""

    epochs: int = 500
    readings: int = 30
    seeds: int = 5
    rounds: int = 5
    runs: int = 2
    tried_epochs: int = 8  # by the loops
    tried_readings: int = 4
    part: int = 10  # of the epochs and readings of a cell, one in so many is tried by the engine

    @property
    def points(self) -> list[int]:
        """The recorded epochs."""
        return spread(self.epochs, self.readings)

    @property
    def overrides(self) -> dict[str, str]:
        """What `--set` changes in the spec."""
        points = ", ".join(map(str, self.points))
        return {"epochs": f"{{{points}}}", "seed": f"0..<{self.seeds}"}

    def written(self, folder: Path) -> Path:
        """The spec, as long as asked for."""
        text = SPEC.read_text(encoding="utf-8")
        assert text.count("500 epochs\n") == 1
        path = folder / "panel.dd"
        path.write_text(text.replace("500 epochs\n", f"{self.epochs} epochs\n"), encoding="utf-8")
        return path


def spread(end: int, count: int) -> list[int]:
    """So many epochs up to the last, as even in their logarithms as whole numbers can be."""
    tried = count
    while len(found := np.unique(np.geomspace(1, end, tried).round())) < count:
        tried += 1
    return [int(epoch) for epoch in found]


def cells_of(path: Path, size: Size) -> dict[int, int]:
    """How many cells the panels have of each width."""
    (plan,) = pipeline.expand_all(pipeline.load(str(path), size.overrides))
    widths = [cell.architecture.hidden[0] for cell in plan.cells(range(len(plan)))]
    return {width: widths.count(width) for width in sorted(set(widths))}


def engine_cell(width: int, models: int, size: Size) -> float:
    """Seconds a cell, by the engine in this process: a part of its epochs and readings, times that.

    What a cell costs once is counted `part` times.
    """
    epochs, readings = size.epochs // size.part, max(size.readings // size.part, 1)
    points = tuple(spread(epochs, readings))
    batch = Batch(cells_of_width(width, models, epochs, TEST), points=points)
    return fitted([batch]) * size.part


def loop_cell(name: str, width: int, size: Size) -> float:
    """Seconds a cell, by a loop in this process, from a few epochs and evaluations."""
    tried = (size.tried_epochs, size.tried_readings)
    epoch, reading = loops.seconds_of(LOOPS[name], width, *tried, TEST)
    return size.epochs * epoch + size.readings * reading


def at_width(width: int, cells: int, size: Size, crew: Workers) -> Rounds:
    """Seconds a cell of each design, in turns, while every core is at it."""

    def mean(function: Callable[..., float], *arguments: object) -> float:
        return statistics.fmean(crew.call(function, *[arguments] * len(crew)))

    share = -(-cells // len(crew))
    designs = {name: partial(mean, loop_cell, name, width, size) for name in LOOPS}
    designs["ours"] = partial(mean, engine_cell, width, share, size)
    return interleaved(designs, size.rounds)


def run(path: Path, size: Size) -> None:
    """`ddspec run` of the panels into a new folder."""
    changes = [f"--set={name}={value}" for name, value in size.overrides.items()]
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run(
            [sys.executable, "-m", "ddspec", "run", str(path), "--out", out, *changes],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"ddspec run failed:\n{done.stdout}{done.stderr}")


def row(width: int, found: Rounds) -> list[str]:
    """Seconds a cell of the three designs, and how many times as long the loops take."""
    ratios = [f"{found.ratio(loop, 'ours'):.1f}" for loop in LOOPS]
    return [str(width), *(f"{found.median(design):.2f}" for design in DESIGNS), *ratios]


def sum_row(name: str, seconds: Mapping[str, float]) -> list[str]:
    """The same of all cells."""
    ratios = [f"{seconds[loop] / seconds['ours']:.1f}" for loop in LOOPS]
    return [name, *(f"{seconds[design]:.0f}" for design in DESIGNS), *ratios]


def measure(*, quick: bool = False) -> Table:
    """Width by width in turns, then whole runs."""
    size = Size(50, 3, 2, rounds=1, runs=1, tried_epochs=2, part=3) if quick else Size()
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        path = size.written(Path(folder))
        cells = cells_of(path, size)
        with Workers(cores) as crew:
            found = {width: at_width(width, cells[width], size, crew) for width in cells}
        whole = statistics.median(timed(lambda: run(path, size)) for _ in range(size.runs))
    total = {
        design: sum(cells[width] * found[width].median(design) for width in cells) / cores
        for design in DESIGNS
    }
    count = sum(cells.values())
    return Table(
        title=f"Whole MNIST-1D panels on {cores} cores, seconds",
        header=("cell of width", "notebook", "loop", "ddspec", "notebook / ours", "loop / ours"),
        rows=[
            *(row(width, found[width]) for width in cells),
            sum_row(f"all {count} cells on {cores} cores, by these", total),
            sum_row(f"all {count} cells, `ddspec run`, start to end", total | {"ours": whole}),
        ],
        note=(
            f"`specs/mnist1d.dd` with {size.seeds} seeds: {size.epochs} epochs, evaluation on "
            f"4,000 training and {TEST:,} test samples at {size.readings} of them. By width: "
            f"medians of {size.rounds} interleaved rounds, ratios within them, one process of one "
            "thread on every core "
            f"at the same time; the loops are extrapolated from {size.tried_epochs} epochs and "
            f"{size.tried_readings} evaluations, the engine from stacks of "
            f"{size.epochs // size.part} epochs with all that happens once in a cell. The last "
            f"line is the whole command, the start of Python and Ray, the dataset and the figure "
            f"included, the median of {size.runs}, which took no turns with anything."
        ),
    )


if __name__ == "__main__":
    alone(measure)
