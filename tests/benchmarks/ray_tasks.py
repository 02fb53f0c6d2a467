"""A small grid by `ddspec run` against one Ray task per cell, on the same cores.

    python -m tests.benchmarks.ray_tasks [--quick]

Both are commands of their own, from the start of Python to the last result.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measuring.rounds import interleaved, timed
from tests.benchmarks.table import Table, alone

ROOT = Path(__file__).parents[2]
WIDTHS, NOISES, READINGS, ROUNDS = (16, 48, 128), (0, 15), 10, 3
SPEC = """dd 1
dataset digits = mnist1d(samples: 4_000, test: 1_000, label_noise: uniform(noise))
train short {{
  optimizer: sgd(lr: 0.01, momentum: 0.9)
  loss:      cross_entropy
  batch:     100 samples
  for:       {epochs} epochs
}}
experiment small {{
  dataset:      digits
  architecture: mlp(hidden: [width, width])
  train:        short
  sweep {{
    width  in {{{widths}}}
    noise  in {{{noises}}}
    epochs in {{{points}}}
    seed   in 0..<{seeds}
  }}
}}
"""


def spec_of(epochs: int, seeds: int) -> str:
    """The grid as a spec."""
    return SPEC.format(
        epochs=epochs,
        seeds=seeds,
        widths=", ".join(map(str, WIDTHS)),
        noises=", ".join(f"{noise}%" for noise in NOISES),
        points=", ".join(str(epochs * part // READINGS) for part in range(1, READINGS + 1)),
    )


def command(*words: str) -> None:
    """Run a Python module to its end; RuntimeError with what it printed when it fails."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    done = subprocess.run(
        [sys.executable, "-m", *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")


def run_spec(path: Path) -> None:
    """`ddspec run` into a folder that is new."""
    with tempfile.TemporaryDirectory() as out:
        command("ddspec", "run", str(path), "--out", out)


def commands(path: Path, epochs: int, seeds: int) -> dict[str, Callable[[], float]]:
    """The designs, in wall seconds."""
    grid = [",".join(map(str, WIDTHS)), str(len(NOISES) * seeds), str(epochs), str(READINGS)]
    tasks = functools.partial(command, "tests.benchmarks.rivals.cell_tasks", *grid)
    return {
        "one Ray task per cell": lambda: timed(tasks),
        "`ddspec run`": lambda: timed(lambda: run_spec(path)),
    }


def measure(*, quick: bool = False) -> Table:
    """Both commands in turns."""
    epochs, seeds, rounds = (10, 2, 1) if quick else (50, 16, ROUNDS)
    cells = len(WIDTHS) * len(NOISES) * seeds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.dd"
        path.write_text(spec_of(epochs, seeds), encoding="utf-8")
        found = interleaved(commands(path, epochs, seeds), rounds)
    ratio = found.ratio("one Ray task per cell", "`ddspec run`")
    return Table(
        title="One Ray task per cell",
        header=("command", "seconds", "cells a second"),
        rows=[
            [name, f"{found.median(name):.1f}", f"{cells / found.median(name):.1f}"]
            for name in found.taken
        ],
        note=(
            f"{cells} cells of MNIST-1D (widths {', '.join(map(str, WIDTHS))}, {epochs} epochs, "
            f"{READINGS} evaluations) on a Ray of {os.cpu_count()} cores that each command starts "
            f"for itself; whole wall time, medians of {rounds} interleaved rounds. A task trains "
            "its cell with the good tensor loop and returns its risks; `ddspec run` also keeps "
            f"records, a dataset and a figure. Ratio {ratio:.1f}."
        ),
    )


if __name__ == "__main__":
    alone(measure)
