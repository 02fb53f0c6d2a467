"""What the chaos is made on: a grid of real cells, its run as a process, and its truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import xarray as xr

from ddspec.results.store import open_store

SPEC = """dd 1

dataset digits = mnist1d(samples: n, label_noise: 10%, test: 500)

train fit {{
  optimizer: sgd(lr: 0.1)
  loss:      cross_entropy
  batch:     50 samples
  for:       {epochs} epochs
}}

experiment grid {{
  dataset:      digits
  architecture: mlp(hidden: [width])
  train:        fit
  sweep {{
    width in {{2, 4, 8, 16, 32}}
    n     in {{100, 200}}
    seed  in 0..<{seeds}
  }}
  measure {{ norm: weight_norm() }}
}}
"""
OWN = ("seconds",)  # what may differ between two runs
ROOT = Path(__file__).parents[2]


def write_spec(folder: Path, cells: int, epochs: int) -> Path:
    """A spec of so many cells."""
    path = folder / "grid.dd"
    path.write_text(SPEC.format(seeds=cells // 10, epochs=epochs))
    return path


def start(spec: Path, out: Path, *words: str, log: Path | None = None) -> subprocess.Popen[bytes]:
    """`ddspec run` in a process and a session of its own."""
    stream = subprocess.DEVNULL if log is None else log.open("ab")
    return subprocess.Popen(
        [sys.executable, "-m", "ddspec", "run", str(spec), "--out", str(out), *words],
        cwd=ROOT,
        stdout=stream,
        stderr=subprocess.STDOUT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def stored(out: Path) -> int:
    """Cells that are committed."""
    if not (out / "cells.sqlite").exists():
        return 0
    with open_store(out, readonly=True) as store:
        return len(store)


def differences(found: Path, truth: Path) -> list[str]:
    """What two run folders' datasets disagree in, to the bit, but for what belongs to a run."""
    with xr.open_dataset(found / "grid.nc") as one, xr.open_dataset(truth / "grid.nc") as other:
        names = sorted(map(str, {*one.variables, *other.variables} - set(OWN)))
        return [
            name
            for name in names
            if name not in one.variables
            or name not in other.variables
            or np.asarray(one[name]).tobytes() != np.asarray(other[name]).tobytes()
        ]


def finished_twice(out: Path) -> dict[str, int]:
    """Cells that finished, were committed and then trained again: by the logs of all drivers, and
    by the store's own count of attempts.
    """
    seen: Counter[str] = Counter()
    for log in (out / "logs").glob("*.jsonl"):
        for line in log.read_text().splitlines():
            try:
                seen.update(json.loads(line).get("cells", ()))
            except ValueError:  # the driver was killed while it wrote the line
                continue
    with open_store(out, readonly=True) as store:
        attempts = {cell: each.attempt for cell, each in store.held(seen).items()}
    return {cell: n for cell, n in seen.items() if n > 1 or attempts.get(cell, 1) > 1}
