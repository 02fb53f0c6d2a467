"""The MLP panels of `specs/mnist1d.dd`, whole, against two loops that train them cell by cell.

    python -m tests.benchmarks.panel [--quick]

Every width of the spec, clean and noisy, 5 seeds, 500 epochs with 30 recorded ones. `ddspec run`
does all of it. The loops are measured for a few epochs and evaluations at every width, in a process
of one thread on every core at the same time, and their cost is extrapolated.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import attrs
import numpy as np

from ddspec import pipeline
from tests.benchmarks.measuring.rounds import interleaved, timed
from tests.benchmarks.measuring.workers import Workers
from tests.benchmarks.rivals import loops
from tests.benchmarks.table import Table, alone

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "specs" / "mnist1d.dd"
TEST, ROUNDS, WARM = 12_000, 3, 16
LOOPS = {"notebook": loops.notebook, "loop": loops.tensor_loop}


@attrs.frozen
class Size:
    """How much of the panels to train, and how much of the loops to measure at each width."""

    epochs: int = 500
    readings: int = 30
    seeds: int = 5
    rounds: int = ROUNDS
    tried_epochs: int = 8
    tried_readings: int = 4

    @property
    def points(self) -> list[int]:
        """The recorded epochs: as even in their logarithms as whole numbers can be."""
        count = self.readings
        while len(found := np.unique(np.geomspace(1, self.epochs, count).round())) < self.readings:
            count += 1
        return [int(epoch) for epoch in found]

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


@attrs.define
class Panel:
    """What was measured: seconds of a cell by width, for the loops in each round and for ours."""

    size: Size
    path: Path
    crew: Workers
    cells: Mapping[int, int]
    costs: dict[str, list[dict[int, float]]] = attrs.field(factory=dict)

    def loop(self, name: str) -> float:
        """Try a loop at every width; seconds that all cells would take on these cores."""
        tried = (self.size.tried_epochs, self.size.tried_readings, TEST)
        found = {}
        for width in self.cells:
            shares = [(LOOPS[name], width, *tried)] * len(self.crew)
            costs = np.mean(self.crew.call(loops.seconds_of, *shares), axis=0)
            found[width] = self.size.epochs * costs[0] + self.size.readings * costs[1]
        self.costs.setdefault(name, []).append(found)
        return sum(self.cells[width] * found[width] for width in self.cells) / len(self.crew)

    def run(self) -> float:
        """Wall seconds of `ddspec run`, Python's and Ray's start included."""
        with tempfile.TemporaryDirectory() as out:
            seconds = timed(lambda: self._train(Path(out)))
            taken = pipeline.open(Path(out))["seconds"]
            found = {w: float(taken.sel(width=w).mean()) for w in self.cells}
        self.costs.setdefault("ours", []).append(found)
        return seconds

    def _train(self, out: Path) -> None:
        changes = [f"--set={name}={value}" for name, value in self.size.overrides.items()]
        words = ["run", str(self.path), "--out", str(out), *changes]
        done = subprocess.run(
            [sys.executable, "-m", "ddspec", *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"ddspec run failed:\n{done.stdout}{done.stderr}")

    def cost(self, name: str, width: int) -> float:
        """The median seconds of a cell over the rounds."""
        return float(np.median([found[width] for found in self.costs[name]]))


def cells_of(path: Path, size: Size) -> dict[int, int]:
    """How many cells the panels have of each width."""
    (plan,) = pipeline.expand_all(pipeline.load(str(path), size.overrides))
    widths = [cell.architecture.hidden[0] for cell in plan.cells(range(len(plan)))]
    return {width: widths.count(width) for width in sorted(set(widths))}


def row(panel: Panel, width: int) -> list[str]:
    """Seconds a cell, and ratios."""
    costs = [panel.cost(name, width) for name in ("notebook", "loop", "ours")]
    ratios = [f"{cost / costs[2]:.1f}" for cost in costs[:2]]
    return [str(width), *(f"{cost:.2f}" for cost in costs), *ratios]


def measure(*, quick: bool = False) -> Table:
    """Loops and whole runs in turns, on all cores."""
    size = Size(50, 3, 2, rounds=1, tried_epochs=2, tried_readings=1) if quick else Size()
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder, Workers(cores) as crew:
        path = size.written(Path(folder))
        panel = Panel(size, path, crew, cells_of(path, size))
        designs = {name: lambda name=name: panel.loop(name) for name in LOOPS} | {"ours": panel.run}
        for loop in LOOPS.values():  # a run starts afresh each time, worker processes do not
            crew.span(loops.seconds_of, loop, WARM, 1, 1, TEST)
        found = interleaved(designs, size.rounds, warm=False)
    ratios = [f"{found.ratio(name, 'ours'):.1f}" for name in LOOPS]
    total = [f"{found.median(name):.0f}" for name in (*LOOPS, "ours")]
    return Table(
        title=f"Whole MNIST-1D panels on {cores} cores, seconds a cell",
        header=("width", "notebook", "loop", "ddspec", "notebook / ours", "loop / ours"),
        rows=[
            *(row(panel, width) for width in panel.cells),
            [f"**all {sum(panel.cells.values())} cells, wall**", *total, *ratios],
        ],
        note=(
            f"`specs/mnist1d.dd` with {size.seeds} seeds: {size.epochs} epochs, evaluation on "
            f"4,000 training and {TEST:,} test samples at {size.readings} of them. Medians of "
            f"{size.rounds} interleaved rounds, ratios within rounds. Ours is `ddspec run`, all of "
            "it, from the start of Python and Ray to the dataset and figure; the cells' own "
            f"seconds are what their records say. The loops are extrapolated from "
            f"{size.tried_epochs} epochs and {size.tried_readings} evaluations at every width, one "
            "process of one thread on every core at the same time, without the start of anything."
        ),
    )


if __name__ == "__main__":
    alone(measure)
