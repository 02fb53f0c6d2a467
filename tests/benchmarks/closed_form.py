"""Ridge regressions on random features, a path of penalties at many widths, against scikit-learn.

    python -m tests.benchmarks.closed_form [--quick]

1,000 samples of MNIST-1D in ten classes; 40 widths from 20 to 4,000, 20 penalties from 1e-8 to 1e2:
800 cells, each evaluated on 1,000 test samples. Rounds alternate in one process of one thread.
scikit-learn is given the features, which our time includes.
"""

from __future__ import annotations

import os
import statistics
import time
import warnings
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import torch
from sklearn.linear_model import Ridge

from ddspec.plan.batch import Batch
from ddspec.plan.cell import Cell
from ddspec.spec.model import Seed
from ddspec.training.closed_form import Inputs, readings_of
from ddspec.training.data import Pools
from ddspec.training.design import features
from ddspec.training.family import Family
from ddspec.training.fit import fit
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.l2 import L2
from tests.benchmarks.table import Table, alone

DATA = Mnist1d(samples=1_000, test=1_000)
WIDTHS = np.unique(np.geomspace(20, 4_000, 40).round().astype(int)).tolist()
PENALTIES = np.geomspace(1e-8, 1e2, 20).tolist()
FACTOR = DATA.samples * DATA.outputs / 2  # scikit-learn's penalty is of the sum over samples
SMALL = 1e-4  # penalties below are compared apart
CELLS = tuple(
    Cell(f"{w}-{n}", DATA, RandomFeatures(features=w), (L2(strength=s),), LeastSquares(), Seed())
    for w in WIDTHS
    for n, s in enumerate(PENALTIES)
)


class Peer:
    """scikit-learn on the features of our cells, and by how much it differs from our solutions."""

    def __init__(self, pools: Pools) -> None:
        family = Family.of(CELLS, pools)
        held = family.part("test")
        tests = features(family.network, torch.tensor(held.taken()).double())
        self.design, self.tests = family.matrix.numpy(), tests.numpy()
        self.targets, self.wanted = (
            family.targets(DATA, part, slice(None)).numpy() for part in ("train", "test")
        )
        self.weights = [weight.numpy() for weight in family.weights()]
        readings = readings_of(CELLS, pools, {}, Inputs("cpu"))
        self.losses = [series["test_loss"] for series in readings]
        self.apart: dict[bool, list[tuple[float, float]]] = {True: [], False: []}

    def fit(self, width: int, penalty: float) -> None:
        """One cell as a user would: fitted, predicted, its test loss."""
        model = Ridge(alpha=FACTOR * penalty, fit_intercept=False)
        model.fit(self.design[:, :width], self.targets)
        predicted = model.predict(self.tests[:, :width])
        self.compare(width, penalty, predicted, float(((predicted - self.wanted) ** 2).mean()))

    def fit_path(self, width: int) -> None:
        """All penalties of a width from one singular value decomposition."""
        count, outputs = len(PENALTIES), DATA.outputs
        alphas = FACTOR * np.repeat(PENALTIES, outputs)
        model = Ridge(alpha=alphas, fit_intercept=False, solver="svd")
        model.fit(self.design[:, :width], np.tile(self.targets, (1, count)))
        predicted = model.predict(self.tests[:, :width]).reshape(-1, count, outputs)
        ((predicted - self.wanted[:, None]) ** 2).mean(axis=(0, 2))

    def compare(self, width: int, penalty: float, predicted: np.ndarray, loss: float) -> None:
        """Note how far predictions and test loss are from ours, as shares."""
        number = WIDTHS.index(width) * len(PENALTIES) + PENALTIES.index(penalty)
        ours = self.tests[:, :width] @ self.weights[number]
        outputs = np.abs(ours - predicted).max() / np.abs(predicted).max()
        self.apart[penalty < SMALL].append((outputs, abs(self.losses[number] / loss - 1)))


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measure(*, quick: bool = False) -> Table:
    """Medians of rounds in which all our cells, a sample of theirs and their paths take turns."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", message="Ill-conditioned matrix")
    pools = Pools(None)
    peer = Peer(pools)
    paths = WIDTHS[::-8] if quick else WIDTHS
    ours, cells, path = [], [], []
    for turn in range(2 if quick else 3):
        # every width in each round: the penalty does not matter to the time
        sample = [(w, PENALTIES[(7 * n + 3 * turn) % 20]) for n, w in enumerate(WIDTHS)]
        ours.append(seconds(lambda: fit(Batch(CELLS), pools)) / len(CELLS))
        cells.append(seconds(lambda s=sample: [peer.fit(*one) for one in s]) / len(sample))
        path.append(seconds(lambda: [peer.fit_path(w) for w in paths]) / len(paths) / 20)
    return _table(peer, *(1e3 * statistics.median(times) for times in (ours, cells, path)))


def _table(peer: Peer, ours: float, cell: float, path: float) -> Table:
    def row(name: str, took: float) -> list[str]:
        return [name, f"{took:.2f}", f"{took / ours:.1f}"]

    (small, small_loss), (large, large_loss) = (
        np.max(peer.apart[which], axis=0) for which in (True, False)
    )
    return Table(
        title="Closed form: 40 widths, 20 penalties",
        header=["", "CPU ms a cell", "over ours"],
        rows=[
            row("ddspec, all 800 cells in one batch", ours),
            row('scikit-learn `Ridge`, solver "auto", a fit a cell', cell),
            row('scikit-learn `Ridge`, solver "svd", a fit a width for all penalties', path),
        ],
        note=(
            "Test evaluation included; training risks as well in ours. Largest differences from "
            f'`Ridge` "auto": for penalties from {SMALL:g}, {large:.0e} of the largest prediction '
            f"and {large_loss:.0e} of the test loss; below, {small:.0e} and {small_loss:.0e}."
        ),
    )


if __name__ == "__main__":
    alone(measure)
