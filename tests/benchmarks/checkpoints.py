"""What checkpoints cost: seconds of a save and of a load, and their share of a run's time.

    python -m tests.benchmarks.checkpoints [MODELS] [WIDTH]

A stack of MODELS (64) networks with two hidden layers of WIDTH (290, some 100,000 parameters) under
adam is saved in the middle of training, every model to a file of its own.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ddspec.plan.batch import Batch
from ddspec.results.checkpoints import Folder
from ddspec.training.checkpoint import Keeping
from ddspec.training.fit import fit
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.schedules.constant import Constant
from tests.training.made import cell, descent, numbered, pools


class Timed(Folder):
    """A folder that notes the seconds and bytes of every save."""

    saves = ()

    def save(self, checkpoints, *, kept):
        began = time.perf_counter()
        super().save(checkpoints, kept=kept)
        took = time.perf_counter() - began
        arrays = [array for each in checkpoints for array in each.arrays.values()]
        Timed.saves = (*Timed.saves, (took, sum(array.nbytes for array in arrays)))


def main(models=64, width=290):
    train = descent(Adam(lr=Constant(rate=0.01)), 40, precision="float32")
    net = Mlp(hidden=(width, width))
    cells = numbered(cell(train=train, architecture=net, seed=seed) for seed in range(models))
    with tempfile.TemporaryDirectory() as folder:
        kept = Timed(Path(folder))
        fit(Batch(cells), pools, "cpu", Keeping(kept, every=0.0))
        began = time.perf_counter()
        assert len(kept.load([each.id for each in cells])) == models
        load = time.perf_counter() - began
    took, size = np.median(Timed.saves, axis=0)
    sys.stdout.write(
        f"{models} models, {size / 1e6:.0f} MB, {len(Timed.saves)} saves: {took:.2f} s for one"
        f" ({size / took / 1e6:.0f} MB/s), {took / 6:.2f}% of ten minutes; {load:.2f} s to load\n"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
