"""One network at a time in PyTorch: as in the MNIST-1D notebook, and as a careful user would."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ddspec.training.data import Pools
from ddspec.vocabulary.datasets.mnist1d import Mnist1d

SAMPLES, ROWS, RATE, MOMENTUM = 4_000, 100, 0.01, 0.9


Samples = tuple[Tensor, Tensor, Tensor, Tensor]


@functools.cache
def samples(test: int) -> Samples:
    """Inputs and classes to train on, then to test on."""
    pool = Pools(None)(Mnist1d(samples=SAMPLES, test=test), 0)
    return (
        torch.tensor(pool.train_inputs[:SAMPLES]),
        torch.tensor(pool.train_targets[:SAMPLES]),
        torch.tensor(pool.test_inputs),
        torch.tensor(pool.test_targets),
    )


def network(width: int) -> nn.Module:
    """The notebook's network, two hidden layers of one width."""
    return nn.Sequential(
        nn.Linear(40, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
    )


def notebook(held: Samples, width: int, epochs: int, readings: int) -> tuple[float, float]:
    """The notebook's protocol: a `DataLoader` that shuffles, `torch.optim.SGD` as it comes.

    Evaluates on all samples `readings` times at the end. Returns the wall seconds of an epoch and
    of a reading.
    """
    inputs, targets, *tests = held
    began = time.perf_counter()
    net, loss = network(width), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM)
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=ROWS, shuffle=True)
    for _ in range(epochs):
        for rows, classes in loader:
            optimizer.zero_grad()
            loss(net(rows), classes).backward()
            optimizer.step()
    trained = time.perf_counter()
    for _ in range(readings):
        evaluate(net, inputs, targets)
        evaluate(net, *tests)
    return _costs(began, trained, epochs, readings)


def tensor_loop(held: Samples, width: int, epochs: int, readings: int) -> tuple[float, float]:
    """A good loop: samples shuffled once an epoch as tensors, fused SGD, evaluation ungraded.

    Evaluates on all samples `readings` times at the end. Returns the wall seconds of an epoch and
    of a reading.
    """
    inputs, targets, *tests = held
    began = time.perf_counter()
    net = network(width)
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM, fused=True)
    for _ in range(epochs):
        order = torch.randperm(SAMPLES)
        shuffled = zip(inputs[order].split(ROWS), targets[order].split(ROWS), strict=True)
        for rows, classes in shuffled:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(rows), classes).backward()
            optimizer.step()
    trained = time.perf_counter()
    with torch.inference_mode():
        for _ in range(readings):
            evaluate(net, inputs, targets)
            evaluate(net, *tests)
    return _costs(began, trained, epochs, readings)


def evaluate(net: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[float, float]:
    """Mean loss, and share of wrong classes."""
    outputs = net(inputs)
    loss = nn.functional.cross_entropy(outputs, targets)
    return loss.item(), (outputs.argmax(1) != targets).double().mean().item()


def seconds_of(
    design: Callable[..., tuple[float, float]], width: int, epochs: int, readings: int, test: int
) -> tuple[float, float]:
    """What a loop takes for an epoch and for a reading."""
    return design(samples(test), width, epochs, readings)


def products(width: int, models: int, epochs: int) -> float:
    """Wall seconds of nothing but the matrix products of so many epochs of a stack of models.

    Three forward, three for the gradients of weights, two for those of hidden layers, by torch.bmm.
    """
    sizes = [(40, width), (width, width), (width, 10)]
    pairs = []
    for a, b in sizes:
        rows, weights, grads = (torch.randn(models, *s) for s in ((ROWS, a), (a, b), (ROWS, b)))
        pairs += [(rows, weights), (rows.mT, grads)] + [(grads, weights.mT)] * (a != 40)
    began = time.perf_counter()
    for _ in range(epochs * SAMPLES // ROWS):
        for left, right in pairs:
            torch.bmm(left, right)
    return time.perf_counter() - began


def _costs(began: float, trained: float, epochs: int, readings: int) -> tuple[float, float]:
    done = time.perf_counter()
    return (trained - began) / max(epochs, 1), (done - trained) / max(readings, 1)
