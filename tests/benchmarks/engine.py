"""The stacked engine against the loop a careful user writes, one thread each, interleaved.

    python tests/benchmarks/engine.py

For each width, rounds of the two designs alternate in one process; printed are medians in
milliseconds a model and epoch of MNIST-1D (4,000 samples, minibatches of 100, SGD with momentum,
no evaluation but the one at the end) and their ratio.
"""

import os
import statistics
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from torch import nn

from ddspec.plan.batch import Batch
from ddspec.plan.cell import Cell
from ddspec.plan.stacking import stack_size
from ddspec.spec.model import Seed
from ddspec.training.data import Pools
from ddspec.training.fit import fit
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration

WIDTHS, EPOCHS, ROUNDS, SAMPLES, ROWS = (16, 48, 128, 300), 10, 5, 4_000, 100


def cells_of(width: int) -> tuple[Cell, ...]:
    """A full stack of cells that differ in their seeds."""
    train = GradientDescent(
        optimizer=Sgd(lr=Constant(rate=0.01), momentum=0.9),
        loss=CrossEntropy(),
        batch=ROWS,
        duration=Duration(EPOCHS * SAMPLES // ROWS, "steps"),
    )
    data, net = Mnist1d(samples=SAMPLES), Mlp(hidden=(width, width))
    one = Cell("0", data, net, (), train, Seed())
    return tuple(Cell(str(n), data, net, (), train, Seed(n, n, n)) for n in range(stack_size(one)))


def loop(width: int, inputs: torch.Tensor, targets: torch.Tensor) -> None:
    """One model, data resident, minibatches by index, torch.optim.SGD: no DataLoader."""
    net = nn.Sequential(
        nn.Linear(40, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for _ in range(EPOCHS):
        for rows in torch.randperm(SAMPLES).split(ROWS):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(inputs[rows]), targets[rows]).backward()
            optimizer.step()


def timed(work: object) -> float:
    """Wall seconds of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure every width and print one line each."""
    torch.set_num_threads(1)
    pools = Pools(None)
    pool = pools(Mnist1d(samples=SAMPLES), 0)
    inputs, targets = torch.tensor(pool.train_inputs), torch.tensor(pool.train_targets)
    sys.stdout.write("width  models  stacked ms  loop ms  ratio\n")
    for width in WIDTHS:
        batch = Batch(cells_of(width))
        stacked, plain = [], []
        for _ in range(ROUNDS):
            stacked.append(timed(lambda b=batch: fit(b, pools)) / len(batch))
            plain.append(timed(lambda w=width: loop(w, inputs, targets)))
        ours, theirs = (1e3 * statistics.median(s) / EPOCHS for s in (stacked, plain))
        sys.stdout.write(
            f"{width:5}  {len(batch):6}  {ours:10.2f}  {theirs:7.2f}  {theirs / ours:5.2f}\n"
        )
    sys.stdout.write(f"torch {torch.__version__}, numpy {np.__version__}, one thread\n")


if __name__ == "__main__":
    main()
