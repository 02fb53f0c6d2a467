"""A convolutional cell of a stack equals the same cell alone, in plain PyTorch and in its bits."""

import attrs
import numpy as np
import pytest
import torch
from torch import nn

from ddspec.plan.stacking import stack_size
from ddspec.training.models import network_of
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.cnn5 import Cnn5
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from tests.training import made
from tests.training.made import CLASSES, cell, data, descent, difference, plain_loop, stacked
from tests.training.test_grouping import bits, one_thread  # noqa: F401 - a fixture

SIDE, SAMPLES = 9, (30, 17, 24, 30, 25)  # minibatches of 8: the last are of 6, 1, 8, 6 and 1
RATES = {"input": 0.1, "hidden": 0.2, "head": 0.3}


@attrs.frozen(kw_only=True)
class Images(Mnist1d):
    """Small images of three colors."""

    @property
    def inputs(self):
        return 3 * SIDE * SIDE

    @property
    def shape(self):
        return (3, SIDE, SIDE)


def images_of(count, seed):
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, 10, count)
    shapes = np.random.default_rng(0).standard_normal((10, 3 * SIDE * SIDE))
    noise = generator.standard_normal((count, 3 * SIDE * SIDE))
    inputs = np.maximum(shapes[targets] + noise, -1)  # equal numbers: ties in pooling
    return inputs.astype("f4"), targets


EMPTY = tuple(part[:0] for part in images_of(1, 0))
IMAGES = Pool(*images_of(60, 1), *EMPTY, *images_of(30, 2))


@pytest.fixture(autouse=True)
def both_pools(monkeypatch):
    monkeypatch.setattr(
        made, "pools", lambda dataset, _: IMAGES if isinstance(dataset, Images) else CLASSES
    )
    monkeypatch.setattr(made, "plain_network", plain_network)


class Masked(made.Masked):
    def forward(self, x):
        return super().forward(x.flatten(1)).view(x.shape)


def dropped(terms, place, layer):
    return [Masked(t.rate, layer) for t in terms if isinstance(t, Dropout) and t.at == place]


def plain_signals(net, terms):
    norm = any(isinstance(term, BatchNorm) for term in terms)
    layers, before = [*dropped(terms, "input", 0), nn.Unflatten(1, (1, 40))], 1
    for number, side in enumerate((5, 3, 3), start=1):
        layers.append(nn.Conv1d(before, net.channels, side, 2, 1, bias=not norm))
        layers += [nn.BatchNorm1d(net.channels)] * norm
        layers += [getattr(nn, {"relu": "ReLU", "tanh": "Tanh"}[net.activation])()]
        layers += dropped(terms, "hidden", number)
        before = net.channels
    layers += [nn.Flatten(), *dropped(terms, "head", 4)]
    return nn.Sequential(*layers, nn.Linear(5 * net.channels, 10))


def plain_images(net, terms):
    k, layers = net.channels, [*dropped(terms, "input", 0), nn.Unflatten(1, (3, SIDE, SIDE))]
    for number, (before, after, pool) in enumerate(
        ((3, k, 1), (k, 2 * k, 2), (2 * k, 4 * k, 2), (4 * k, 8 * k, 2)), start=1
    ):
        layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after)]
        layers += [nn.ReLU(), *dropped(terms, "hidden", number), nn.MaxPool2d(pool)]
    layers += [nn.Flatten(), *dropped(terms, "head", 5)]
    return nn.Sequential(*layers, nn.Linear(8 * k, 10))


def plain_network(one):
    """The cell's network in PyTorch's own layers, with the cell's first weights."""
    plain = plain_images if isinstance(one.architecture, Cnn5) else plain_signals
    network = plain(one.architecture, one.regularizer).double()
    with torch.no_grad():
        first = network_of(one).parameters()
        for mine, theirs in zip(network.parameters(), first, strict=True):
            mine.copy_(theirs)
    return network


def everything(n):
    drops = (Dropout(rate=rate + 0.05 * n, at=place) for place, rate in RATES.items())
    return (*drops, L1(strength=1e-4 * n), L2(strength=1e-2))


CASES = {
    "signals": (Cnn1d(channels=4), lambda _: ()),
    "normalized signals": (
        Cnn1d(channels=3, activation="tanh"),
        lambda n: (BatchNorm(), *everything(n)),
    ),
    "images": (Cnn5(channels=2), lambda _: ()),
    "images of wide nets": (Cnn5(channels=5), everything),
}
OPTIMIZERS = {
    "momentum": (
        lambda n: Sgd(lr=Constant(rate=0.02), momentum=0.9 - 0.1 * n),
        lambda n: lambda w: torch.optim.SGD(w, momentum=0.9 - 0.1 * n),
    ),
    "adam": (lambda _: Adam(lr=Constant(rate=0.01)), lambda _: torch.optim.Adam),
}


def cells_of(case, optimizer, count=5, **settings):
    net, terms = CASES[case]
    for n in range(count):
        sizes = {"samples": SAMPLES[n], "test": 30, "pool_size": 60}
        dataset = data(**sizes) if isinstance(net, Cnn1d) else Images(**sizes)
        train = descent(OPTIMIZERS[optimizer][0](n), 2, **settings)
        yield cell(dataset, terms(n), train, n, net)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("case", CASES)
def test_a_stacked_cell_equals_the_plain_loop(case, optimizer):
    """With its running averages, whatever the size of the stack."""
    cells = list(cells_of(case, optimizer))
    plain = [plain_loop(one, OPTIMIZERS[optimizer][1](n)) for n, one in enumerate(cells)]
    for count in (1, 2, 5) if case in ("signals", "images") else (5,):
        runs = stacked(cells[:count])
        assert max(map(difference, runs, plain[:count])) < 1e-10


@pytest.mark.parametrize("case", ["signals", "images"])
def test_readings_are_those_of_the_plain_network_in_evaluation(case):
    one = next(cells_of(case, "momentum"))
    network = plain_loop(one, OPTIMIZERS["momentum"][1](0))
    test = select(one, made.pools(one.dataset, 0)).test
    with torch.no_grad():
        outputs = network(torch.tensor(test.taken()).double())
    targets = torch.tensor(test.targets)
    series = stacked([one])[0].readings.series
    expected = nn.functional.cross_entropy(outputs, targets)
    assert series["test_loss"][-1] == pytest.approx(float(expected), rel=1e-10)
    wrong = (outputs.argmax(dim=1) != targets).double().mean()
    assert series["test_error"][-1] == pytest.approx(float(wrong))


@pytest.mark.parametrize("optimizer", ["adam"])
@pytest.mark.parametrize("case", ["signals", "normalized signals", "images"])
def test_a_cell_has_the_same_bits_in_every_stack(case, optimizer):
    cells = [*cells_of(case, optimizer, precision="float32")]
    whole = [bits(run) for run in stacked(cells, points=(0, 1, 2))]
    for group in ([2], [4, 1], [0, 3, 2]):
        runs = stacked([cells[number] for number in group], points=(0, 1, 2))
        assert [bits(run) for run in runs] == [whole[number] for number in group]


@pytest.mark.parametrize("case", ["signals", "images"])
def test_bfloat16_trains(case):
    run = stacked([*cells_of(case, "momentum", 2, precision="bfloat16")])[0]
    assert all(weight.isfinite().all() for weight in run.weights.values())
    assert {weight.dtype for weight in run.weights.values()} == {torch.float32}


def test_stacks_are_as_large_as_is_fastest():
    sizes = [
        stack_size(cell(data(), architecture=net))
        for net in (Cnn1d(channels=5), Cnn1d(channels=100), Cnn5(channels=4), Cnn5(channels=5))
    ]
    assert sizes == [32, 4, 8, 1]


def test_the_net_of_mnist1d_learns(monkeypatch):
    """A quarter of its publishers' data, 300 steps: chance is 90 % wrong."""
    pool = Mnist1d(samples=1_000).pool(0, None)
    monkeypatch.setattr(made, "pools", lambda *_: pool)
    train = descent(Adam(lr=Constant(rate=0.01)), 15, batch=50, precision="float32")
    cells = [
        cell(Mnist1d(samples=1_000), train=train, seed=n, architecture=Cnn1d(channels=25))
        for n in range(2)
    ]
    for run in stacked(cells):
        assert run.readings.series["train_error"][-1] < 0.2
        assert run.readings.series["test_error"][-1] < 0.5
