"""Ways to train convolutional networks, one thread, in rounds that take turns.

    python -m tests.benchmarks.convolutions

Every way takes the engine's recorded step. `vmap` is torch's own mapping of its own layers over
eight models; `stacked` is the stack of as many models as `Architecture.together` says, or eight;
`loop` is one model at a time. Milliseconds are a model's and step's, in medians.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from unittest import mock

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from torch import Tensor, nn

from ddspec.plan.cell import Cell
from ddspec.spec.model import Seed
from ddspec.training import eager
from ddspec.training.arithmetic import flushed_denormals
from ddspec.training.block import Minibatch
from ddspec.training.models import stacked
from ddspec.training.resident import Resident
from ddspec.vocabulary import layers
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.cnn5 import Cnn5
from ddspec.vocabulary.datasets.cifar10 import Cifar10
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.folding import _Convolution
from ddspec.vocabulary.kinds import Architecture
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from tests.benchmarks.table import Table

SHAPES: tuple[tuple[Architecture, int], ...] = (
    *((Cnn1d(channels=channels), 100) for channels in (5, 25, 100)),
    *((Cnn5(channels=channels), rows) for rows in (32, 128) for channels in (2, 4, 8, 16)),
)
MODELS = 8
ROUNDS, SECONDS = 3, 0.2  # of each way in a round, and at least one step
Work = Callable[[], object]


def measure(rounds: int = ROUNDS, seconds: float = SECONDS) -> Table:
    """Every shape in every way; a minute and a half."""
    torch.set_num_threads(1)
    rows = []
    for net, batch in SHAPES:
        with flushed_denormals():
            vmap, stack, loop = _compared(_ways(net, batch), rounds, seconds)
        name = f"{net.name()}, {getattr(net, 'channels')} channels, {batch} rows"  # noqa: B009
        models = str(_together(net))
        ratios = (f"{loop / vmap:.2f}", f"{loop / stack:.2f}")
        rows.append([name, models, *(f"{1e3 * t:.2f}" for t in (vmap, stack, loop)), *ratios])
    return Table(
        "Convolutional networks: ms a model and step",
        ("network", "stack", "vmap", "stacked", "loop", "loop / vmap", "loop / stacked"),
        rows,
        f"Above one: faster than one model at a time. torch {torch.__version__}, one thread.",
    )


def _together(net: Architecture) -> int:
    """The stack to measure: the automatic one, or eight where that is one model at a time."""
    together = net.together("cpu") or MODELS
    return together if together > 1 else MODELS


def _ways(net: Architecture, batch: int) -> list[tuple[Work, int]]:
    """The steps of every way, and for how many models each is."""
    count = _together(net)
    afresh = mock.patch.object(eager, "once", lambda _, make: make())  # not as recorded before
    with (
        afresh,
        mock.patch.object(layers.Convolution, "forward", _torchs_convolution),
        mock.patch.object(layers.MaxPool, "forward", _torchs_pooling),
        mock.patch.object(layers.BatchNorm, "_maps", layers.BatchNorm.in_sums),
    ):
        vmap = _step(net, batch, MODELS)
    with afresh, mock.patch.object(_Convolution, "_alone", return_value=False):
        loop = _step(net, batch, 1)  # without what it costs to round as in a stack
    return [(vmap, MODELS), (_step(net, batch, count), count), (loop, 1)]


def _torchs_convolution(self: layers.Convolution, x: Tensor) -> Tensor:
    function = nn.functional.conv2d if x.dim() == 4 else nn.functional.conv1d
    return function(x, self.weight, self.bias, self.steps.stride[-1], self.steps.pad[-1])


def _torchs_pooling(self: layers.MaxPool, x: Tensor) -> Tensor:
    return nn.functional.max_pool2d(x, self.size)


def _step(net: Architecture, batch: int, count: int) -> Work:
    """A recorded step of that many models on random samples, taken once."""
    data = (Cifar10 if isinstance(net, Cnn5) else Mnist1d)(samples=batch)
    train = GradientDescent(
        optimizer=Sgd(lr=Constant(rate=0.01), momentum=0.9),
        loss=CrossEntropy(),
        batch=batch,
        duration=Duration(1, "steps"),
    )
    cells = [Cell(str(n), data, net, (), train, Seed(n, n, n)) for n in range(count)]
    kind, models = stacked(cells, "cpu")
    stepper = eager.Eager(kind, cells, Resident(torch.empty(0), (), "cpu"))
    minibatch = Minibatch(
        torch.randn(count, batch, data.inputs),
        torch.randint(0, 10, (count, batch)),
        torch.ones(count, batch),
        torch.full((count,), 0.01, dtype=torch.float64),
        torch.zeros(count, dtype=torch.int64),
    )
    stepper.step(models, minibatch)
    return lambda: stepper.step(models, minibatch)


def _compared(ways: list[tuple[Work, int]], rounds: int, seconds: float) -> list[float]:
    """Median seconds a model and step of every way."""
    found: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for (work, models), times in zip(ways, found, strict=True):
            began, steps = time.perf_counter(), 0
            while not steps or time.perf_counter() - began < seconds:
                work()
                steps += 1
            times.append((time.perf_counter() - began) / steps / models)
    return [statistics.median(times) for times in found]


if __name__ == "__main__":
    sys.stdout.write(measure().markdown())
