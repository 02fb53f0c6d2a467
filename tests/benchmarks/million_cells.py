"""How long planning takes for a spec of a million cells, and how much memory.

    python -m tests.benchmarks.million_cells

Wall seconds and peak resident memory of the whole command, Python's start included.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.table import Table, alone

SPEC = """dd 1

dataset digits = mnist1d(samples: n, label_noise: noise)
architecture net = mlp(hidden: [width, width])

train fit {
  optimizer: sgd(lr: lr)
  loss:      cross_entropy
  batch:     100 samples
  for:       100 epochs
}

experiment million {
  dataset:      digits
  architecture: net
  regularizer:  reg
  train:        fit
  sweep {
    width in 1..50
    n     in 200..4_000 by 200
    noise in {0%, 5%, 10%, 15%, 20%}
    reg   in subsets(l2(1e-4) + dropout(20%))
    lr    in {0.001, 0.003, 0.01, 0.03, 0.1}
    seed  in 0..<10
  }
}
"""


def cost_of(command: str, spec: Path) -> tuple[float, float]:
    """Wall seconds and GiB at most of a `ddspec` command in a process of its own."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ddspec", command, str(spec)],
        cwd=spec.parent,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"ddspec {command} failed with exit status {process.returncode}")
    return time.perf_counter() - began, used.ru_maxrss / 2**20


def measure(*, quick: bool = False) -> Table:
    """Check and plan the spec, the fastest of three times each."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "million.dd"
        spec.write_text(SPEC, encoding="utf-8")
        for command in ("check", "plan"):
            seconds, memory = min(cost_of(command, spec) for _ in range(1 if quick else 3))
            rows.append([f"`ddspec {command}`", f"{seconds:.2f}", f"{memory:.2f}"])
    return Table(
        title="A spec of a million cells",
        header=["command", "seconds", "GiB at most"],
        rows=rows,
        note="The whole command in a process of its own, the fastest of three.",
    )


if __name__ == "__main__":
    alone(measure)
