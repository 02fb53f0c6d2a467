"""A hundred thousand trivial cells through `ddspec run`, from nothing to dataset and figure.

    python -m tests.benchmarks.hundred_thousand

Wall seconds, the driver's peak resident memory, and what lies in the run folder at the end; then
the same command again, when nothing is left to train. Cells are solved, not trained: what is
measured is all that is not training.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ddspec.results.store import open_store
from tests.benchmarks.table import Table, alone

SPEC = """dd 1

experiment grid {{
  dataset:      linear_gaussian(features: 40, samples: n, noise_std: 0.5, test: 20)
  architecture: linear(features: width)
  regularizer:  l2(strength)
  train:        least_squares()
  sweep {{
    width    in 2..40 by 2
    n        in 5..50 by 5
    strength in {{0.001, 0.01, 0.1, 1, 10}}
    seed     in 0..<{seeds}
  }}
}}
"""
CELLS_A_SEED = 20 * 10 * 5


def run(spec: Path, out: Path, workers: int) -> tuple[float, float]:
    """Wall seconds, and GiB at most in the driver, of `ddspec run` in a process of its own."""
    began = time.perf_counter()
    words = ["run", str(spec), "--out", str(out), "--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-m", "ddspec", *words],
        cwd=spec.parent,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"ddspec run failed with exit status {process.returncode}")
    return time.perf_counter() - began, used.ru_maxrss / 2**20


def measure(*, quick: bool = False) -> Table:
    """Run the spec twice: all cells new, and all of them kept."""
    seeds = 10 if quick else 100
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec, out = folder / "grid.dd", folder / "out"
        spec.write_text(SPEC.format(seeds=seeds), encoding="utf-8")
        for what in ("all new", "all kept"):
            seconds, memory = run(spec, out, workers=2)
            with open_store(out, readonly=True) as store:
                cells = len(store)
            if cells != seeds * CELLS_A_SEED:
                raise RuntimeError(f"{cells} cells are stored")
            files = [path for path in out.rglob("*") if path.is_file()]
            size = sum(path.stat().st_size for path in files) / 2**20
            each = f"{1000 * seconds / cells:.2f}"
            rows.append(
                [what, f"{seconds:.1f}", each, f"{memory:.2f}", str(len(files)), f"{size:.0f}"]
            )
    return Table(
        title=f"{seeds * CELLS_A_SEED:,} solved cells through `ddspec run`, two workers",
        header=["cells", "seconds", "ms a cell", "GiB in the driver", "files", "MiB"],
        rows=rows,
        note="Once; the whole command: the start of Python and Ray, dataset and figure too.",
    )


if __name__ == "__main__":
    alone(measure)
