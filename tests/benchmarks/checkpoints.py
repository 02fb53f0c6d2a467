"""What checkpoints cost: seconds of a save and of a load, and their share of a run's time.

    python -m tests.benchmarks.checkpoints

A stack of 64 networks with two hidden layers of 290 (some 100,000 parameters) under adam is saved
at every pause of its training, every model to a file of its own, flushed to the disk.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np

from ddspec.plan.batch import Batch
from ddspec.results.checkpoints import Folder
from ddspec.training.checkpoint import Checkpoint, Keeping
from ddspec.training.fit import fit
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.schedules.constant import Constant
from tests.benchmarks.table import Table, alone
from tests.training.made import cell, descent, numbered, pools

MODELS, WIDTH, STEPS = 64, 290, 40
PAUSE = 600.0  # seconds between two saves of a run that is told nothing else


@attrs.define(eq=False)
class Timed:
    """A folder that notes the seconds and bytes of every save."""

    folder: Folder
    saves: list[tuple[float, int]] = attrs.field(factory=list)

    def save(self, checkpoints: Sequence[Checkpoint], *, kept: bool) -> None:
        """As the folder does, with a clock beside it."""
        began = time.perf_counter()
        self.folder.save(checkpoints, kept=kept)
        took = time.perf_counter() - began
        arrays = [array for each in checkpoints for array in each.arrays.values()]
        self.saves.append((took, sum(array.nbytes for array in arrays)))

    def __getattr__(self, name: str) -> object:
        return getattr(self.folder, name)


def measure(*, quick: bool = False) -> Table:
    """Train the stack with a save at every pause, then load what was saved."""
    models = 8 if quick else MODELS
    train = descent(Adam(lr=Constant(rate=0.01)), STEPS, precision="float32")
    net = Mlp(hidden=(WIDTH, WIDTH))
    cells = numbered(cell(train=train, architecture=net, seed=seed) for seed in range(models))
    with tempfile.TemporaryDirectory() as folder:
        kept = Timed(Folder(Path(folder)))
        fit(Batch(cells), pools, "cpu", Keeping(kept, every=0.0))  # type: ignore[arg-type]
        began = time.perf_counter()
        found = kept.folder.load([each.id for each in cells])
        load = time.perf_counter() - began
    if len(found) != models:
        raise RuntimeError(f"{len(found)} of {models} checkpoints were found again")
    took, size = np.median(kept.saves, axis=0)
    shown = f"{size / 1e6:.0f}", f"{took:.2f}", f"{took / PAUSE:.2%}", f"{load:.2f}"
    return Table(
        title="Checkpoints of a stack of networks of 100,000 parameters under adam",
        header=["models", "MB", "s for a save", "of ten minutes", "s to load"],
        rows=[[str(models), *shown]],
        note="The median of all saves of a run; ten minutes are what lies between two of them.",
    )


if __name__ == "__main__":
    alone(measure)
