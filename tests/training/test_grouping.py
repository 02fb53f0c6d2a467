"""A cell's run has the same bits whatever it is stacked with, in float32 on one thread."""

import attrs
import pytest
import torch

from ddspec.spec.model import Seed
from ddspec.training.stepping import DEFAULT
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.cosine import Cosine
from tests.training.made import TOGETHER, cell, data, descent, stacked

ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid", "gelu", "silu")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def bits(run):
    tensors = [*run.weights.values(), *run.buffers.values()]
    series = [values.tobytes() for values in run.readings.series.values()]
    return [tensor.numpy().tobytes() for tensor in tensors], series


def same_bits(cells):
    """Compare every grouping of the cells with the whole, in every way that keeps bits."""
    for ways in (DEFAULT, ("eager",)):
        whole = [bits(run) for run in stacked(cells, points=(0, 1, 3, 6), ways=ways)]
        for group in ([2], [4, 1], [0, 3, 2]):
            chosen = [cells[number] for number in group]
            runs = stacked(chosen, points=(0, 1, 3, 6), ways=ways)
            assert [bits(run) for run in runs] == [whole[number] for number in group]
    return True


def five(architecture, terms, optimizer, **settings):
    samples = (30, 17, 30, 25, 23)
    for n in range(5):
        train = descent(optimizer(n), precision="float32", **(TOGETHER | settings))
        seed = Seed(n, n // 2, n)
        yield cell(data(samples[n], 0.1 * n), terms(n), train, seed, architecture)


def everything(n):
    return (BatchNorm(), Dropout(rate=0.1 * n + 0.1), L1(strength=1e-4), L2(strength=1e-3 * n))


def momentum(n):
    return Sgd(lr=Cosine(rate=0.1 / (n + 1)), momentum=0.5 + 0.1 * n, nesterov=True)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation):
    net = Mlp(hidden=(13, 7), activation=activation)
    assert same_bits([*five(net, lambda _: (), momentum)])


def test_compositions():
    assert same_bits([*five(Mlp(hidden=(13, 7)), everything, momentum)])


def test_adam():
    def adam(n):
        return Adam(lr=Constant(rate=0.01 * (n + 1)), beta1=0.5 + 0.1 * n)

    assert same_bits([*five(Mlp(hidden=(13, 7)), everything, adam)])


def test_fixed_features_and_squared_error():
    net = RandomFeatures(features=21, activation="gelu")
    terms = (Dropout(rate=0.3, at="input"),)
    assert same_bits([*five(net, lambda _: terms, momentum, loss=Mse())])


def test_wide_layers():
    assert same_bits([*five(Mlp(hidden=(130, 61)), lambda _: (), momentum)])


def test_bits_see_a_difference():
    cells = [*five(Mlp(hidden=(13, 7)), everything, momentum)]
    other = attrs.evolve(cells[0], seed=Seed(0, 0, 1))
    assert bits(stacked([other])[0]) != bits(stacked([cells[0]])[0])
