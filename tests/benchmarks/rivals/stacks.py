"""Cells of MNIST-1D for the engine, the ones that the rivals train as well."""

from __future__ import annotations

from collections.abc import Sequence

from ddspec.plan.batch import Batch, Way
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
from tests.benchmarks.measuring.rounds import timed
from tests.benchmarks.rivals.loops import MOMENTUM, RATE, ROWS, SAMPLES

POOLS = Pools(None)


def cells_of(width: int, models: int, epochs: int, test: int = 1_000) -> tuple[Cell, ...]:
    """Cells that differ in their seeds."""
    train = GradientDescent(
        optimizer=Sgd(lr=Constant(rate=RATE), momentum=MOMENTUM),
        loss=CrossEntropy(),
        batch=ROWS,
        duration=Duration(epochs * SAMPLES // ROWS, "steps"),
    )
    data, net = Mnist1d(samples=SAMPLES, test=test), Mlp(hidden=(width, width))
    return tuple(Cell(str(n), data, net, (), train, Seed(n, n, n)) for n in range(models))


def best_stack(width: int, device: str = "cpu") -> int:
    """How many models of a width the engine trains together."""
    return stack_size(cells_of(width, 1, 1)[0], device)


def stacks_of(
    width: int, models: int, epochs: int, way: Way, *, points: Sequence[int] = (), test: int = 1_000
) -> list[Batch]:
    """Batches of all models, as large as the way of stepping likes them."""
    cells = cells_of(width, models, epochs, test)
    most = models if way == "native" else best_stack(width)
    parts = [cells[first : first + most] for first in range(0, models, most)]
    return [Batch(part, points=tuple(points), ways=(way,)) for part in parts]


def fitted(batches: Sequence[Batch], device: str = "cpu") -> float:
    """Wall seconds of training batches, a model."""
    seconds = timed(lambda: [fit(batch, POOLS, device) for batch in batches])
    return seconds / sum(map(len, batches))
