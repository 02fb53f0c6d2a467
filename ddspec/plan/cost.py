"""What a cell costs: an estimate in core-seconds, by the way in which its steps are taken."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ddspec.plan.batch import Way
from ddspec.plan.cell import Cell
from ddspec.plan.stacking import stack_size
from ddspec.vocabulary.estimator import Estimator
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent


@attrs.frozen
class Rate:
    """What steps cost in one way on one device.

    begin: seconds before the first step of a stack. stack: seconds a step, however many models.
    model: seconds a step for one model more, beside its arithmetic. flops: floating-point
    operations a second.
    """

    begin: float
    stack: float
    model: float
    flops: float


# On a processor: one core of a 2024 server (AMD Zen 5), float32, MNIST-1D, minibatches of 100,
# fitted to widths 4 to 300 in stacks of 1 to 16. On a card: an H200, estimated; its `stack` is the
# time to launch the kernels of a step.
NATIVE = Rate(begin=0.005, stack=0.0, model=1.2e-5, flops=1.45e11)
EAGER: Mapping[str, Rate] = {
    "cpu": Rate(begin=0.09, stack=2.1e-4, model=1.8e-5, flops=8e10),
    "cuda": Rate(begin=0.3, stack=6e-5, model=1e-7, flops=1.5e13),
}
# Convolutions on a processor: between 1e10 (few channels) and 5e10 (many), cnn1d and cnn5.
CONVOLVED_FLOPS = 2.5e10
# How many times as fast compiled steps are, by the word that gains most from the fusion of many
# small operations into one; dense networks gain a little without any of these words.
GAINS: Mapping[str, float] = {"adam": 1.45, "dropout": 1.7, "batch_norm": 2.4}
LEAST_GAIN = 1.1
CELL = 7e-4  # seconds a cell takes besides its steps: its samples, first weights, readings
READING = 1.5e-4  # seconds a reading takes besides its arithmetic
EVALUATED = 1e-7  # seconds a sample takes in evaluation besides its arithmetic
SOLVED_FLOPS = 2e10  # of factorizations in float64
SOLVED_CELL = 1e-3
FITTED_CELL = 2e-2


@attrs.frozen
class Work:
    """Core-seconds: `shared` by all cells that train together, `own` of each of them."""

    shared: float
    own: float


def work_of(cell: Cell, readings: int, way: Way = "eager", device: str = "cpu") -> Work:
    """What a cell costs by counting operations.

    A training step of a network of M multiplications a sample on B samples is taken as 6 M B
    floating-point operations, an evaluation as 2 M a sample, a closed form as n p min(n, p), which
    all cells of one design matrix share. Estimators say what fitting them takes.
    """
    data, network = cell.dataset, cell.architecture
    if isinstance(network, Estimator):
        fitting = network.work(data.samples, data.inputs, data.outputs)
        return Work(shared=0.0, own=FITTED_CELL + fitting / SOLVED_FLOPS)
    if not isinstance(cell.train, GradientDescent):
        parameters = network.parameters(data.shape, data.outputs, cell.regularizer)
        features = max(parameters // data.outputs, 1)
        solved = data.samples * features * min(data.samples, features) / SOLVED_FLOPS
        evaluated = 2.0 * parameters * (data.samples + data.test + data.validation)
        return Work(shared=solved, own=SOLVED_CELL + evaluated / SOLVED_FLOPS)
    rate = _rate(cell, way, device)
    gain = compiled_gain(cell) if way == "compiled" else 1.0
    steps = steps_of(cell)
    batch = min(cell.train.batch, data.samples)
    evaluated = readings * (data.samples + data.test + data.validation)
    sample = 2.0 * network.operations(data.shape, data.outputs, cell.regularizer)
    flops = sample * (3.0 * batch * steps + evaluated)
    beside = CELL + readings * READING + (evaluated * EVALUATED if device == "cpu" else 0.0)
    return Work(
        shared=rate.begin + steps * rate.stack / gain,
        own=(steps * rate.model + flops / rate.flops) / gain + beside,
    )


def _rate(cell: Cell, way: Way, device: str) -> Rate:
    if device == "cpu" and way == "native":
        return NATIVE
    convolved = device == "cpu" and _convolves(cell)
    return attrs.evolve(EAGER[device], flops=CONVOLVED_FLOPS) if convolved else EAGER[device]


def _convolves(cell: Cell) -> bool:
    """Architectures that measure their own stacks are made of convolutions."""
    return cell.architecture.together("cpu") is not None


def compiled_gain(cell: Cell) -> float:
    """How many times as fast as eager ones a cell's compiled steps are.

    Convolutions are not compiled: torch does so for one number of models only.
    """
    train = cell.train
    if not isinstance(train, GradientDescent) or _convolves(cell):
        return 1.0
    words = (train.optimizer, *cell.regularizer)
    return max(LEAST_GAIN, *(GAINS.get(word.name(), 0.0) for word in words))


def steps_of(cell: Cell) -> int:
    """The steps that a cell trained by gradient descent takes."""
    train, samples = cell.train, cell.dataset.samples
    assert isinstance(train, GradientDescent)
    return train.duration.steps(-(-samples // min(train.batch, samples)))


def model_seconds(cell: Cell, readings: int, way: Way = "eager", device: str = "cpu") -> float:
    """Core-seconds of one cell of a full stack."""
    work = work_of(cell, readings, way, device)
    return work.own + work.shared / stack_size(cell, device)
