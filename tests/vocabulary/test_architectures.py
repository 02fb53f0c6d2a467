"""Networks: their sizes, their first weights, and what does not change them."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary import layers, schema
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.cnn5 import Cnn5
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.layers import Convolution, FixedProjection, MaxPool
from ddspec.vocabulary.layers import Dropout as DropoutLayer
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l2 import L2

INPUT = Dropout(rate=0.1, at="input")
DEEP = (BatchNorm(), Dropout(rate=0.2), Dropout(rate=0.3, at="head"), INPUT, L2(strength=0.1))
SUBSETS = [s for size in range(len(DEEP) + 1) for s in itertools.combinations(DEEP, size)]
FLAT = [
    Linear(),
    Linear(features=3, bias=True),
    RandomFeatures(features=11),
    RandomFeatures(features=4, activation="tanh"),
]
CASES = [(net, terms) for net in (Mlp(hidden=(5,)), Mlp(hidden=(4, 1, 6))) for terms in SUBSETS]
CASES += [(net, terms) for net in FLAT for terms in ((), (INPUT,))]
SIGNAL, IMAGE = (2, 11), (3, 9, 7)
PLAIN = [terms for terms in SUBSETS if not any(isinstance(term, BatchNorm) for term in terms)]
CONVOLVED = [(Cnn1d(channels=4), SIGNAL, terms) for terms in SUBSETS]
CONVOLVED += [(Cnn5(channels=2), IMAGE, terms) for terms in PLAIN]


def built(net, terms=(), inputs=8, outputs=3, seed=0, shape=None):
    network = net.build(shape or (inputs,), outputs, terms).double()
    net.initialize(network, Draws(seed, "init"))
    return network


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        (Mlp(hidden=(5, 7)), (8,)),
        (RandomFeatures(features=11), (8,)),
        (Cnn1d(channels=4), SIGNAL),
        (Cnn5(channels=2), IMAGE),
        (Cnn5(channels=3), (3, 32, 32)),
    ],
    ids=lambda value: str(value)[:20],
)
def test_operations_are_weights_times_the_places_they_are_used_at(net, shape):
    network, counted = built(net, shape=shape), []

    def count(layer, _, output):
        weight = layer.matrix if isinstance(layer, FixedProjection) else layer.weight
        counted.append(weight.numel() * math.prod(output.shape[2:]))

    for layer in network.modules():
        if isinstance(layer, (nn.Linear, Convolution, FixedProjection)):
            layer.register_forward_hook(count)
    network(torch.zeros(2, math.prod(shape), dtype=torch.float64))
    biases = 5 + 7 + 3 if isinstance(net, Mlp) else 0  # an mlp is taken by its parameters
    assert net.operations(shape, 3) == sum(counted) + biases


@pytest.mark.parametrize(("net", "terms"), CASES)
def test_parameters_counts_the_trained_weights(net, terms):
    network = net.build((8,), 3, terms)
    assert net.parameters((8,), 3, terms) == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(("net", "shape", "terms"), CONVOLVED)
def test_a_convolutional_network_has_its_parameters_and_outputs(net, shape, terms):
    network = net.build(shape, 3, terms)
    net.initialize(network, Draws(0, "init"))
    counted = sum(p.numel() for p in network.parameters())
    assert net.parameters(shape, 3, terms) == counted
    assert network(torch.ones(6, math.prod(shape))).shape == (6, 3)


def test_published_sizes_are_counted():
    assert Cnn1d(channels=25).parameters((1, 40), 10) == 5210
    weights = 9 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512)
    normalization, last = 2 * (64 + 128 + 256 + 512), 512 * 10 + 10
    assert Cnn5(channels=64).parameters((3, 32, 32), 10) == weights + normalization + last
    assert weights + normalization + last == 1_557_066


def test_layers_of_the_images_net_stand_in_their_order():
    terms = (Dropout(rate=0.2), Dropout(rate=0.3, at="head"), INPUT)
    names = [type(layer).__name__ for layer in Cnn5(channels=2).build((3, 32, 32), 10, terms)]
    layer = ["Convolution", "BatchNorm", "ReLU", "Dropout"]
    pooled = [*layer, "MaxPool"]
    inner = [*layer, *pooled, *pooled, *pooled]
    assert names == ["Dropout", "Unflatten", *inner, "Flatten", "Dropout", "Linear"]


@pytest.mark.parametrize(
    ("shape", "sizes"), [((3, 32, 32), [2, 2, 8]), ((1, 28, 28), [2, 2, 7])], ids=str
)
def test_the_images_net_pools_all_that_is_left(shape, sizes):
    network = Cnn5(channels=1).build(shape, 10)
    pools = [layer.size for layer in network if isinstance(layer, MaxPool)]
    assert pools == [(size, size) for size in sizes]


def test_kernels_are_drawn_by_their_field():
    layer = built(Cnn1d(channels=60), shape=(1, 40))[3]
    for drawn in (layer.weight, layer.bias):
        assert 0.95 < float(drawn.detach().abs().max()) * math.sqrt(60 * 3) <= 1
    layer = built(Cnn5(channels=20, init="he"), shape=(3, 8, 8))[4]
    assert abs(float(layer.weight.detach().var()) / (2 / (20 * 9)) - 1) < 0.1


def test_convolutional_first_weights_depend_on_the_seed_alone():
    first, again, other = (built(Cnn5(channels=2), shape=(3, 8, 8), seed=s)[1] for s in (0, 0, 1))
    assert torch.equal(first.weight, again.weight)
    assert not torch.equal(first.weight, other.weight)


@pytest.mark.parametrize("net", [Mlp(hidden=(5, 4), activation="gelu"), *FLAT])
def test_outputs_have_their_shape_and_nothing_global_is_drawn(net):
    before = torch.get_rng_state()
    network = built(net, (INPUT,))
    assert network(torch.ones(6, 8, dtype=torch.float64)).shape == (6, 3)
    assert torch.equal(torch.get_rng_state(), before)


def test_layers_stand_in_their_order():
    names = [type(layer).__name__ for layer in Mlp(hidden=(5,)).build((8,), 3, DEEP)]
    hidden = ["Linear", "BatchNorm", "ReLU", "Dropout", "Dropout"]
    assert names == ["Dropout", *hidden, "Linear"]


def test_a_normalized_layer_has_no_bias():
    network = Mlp(hidden=(5, 4)).build((8,), 3, (BatchNorm(),))
    biases = [layer.bias is not None for layer in network if isinstance(layer, nn.Linear)]
    assert biases == [False, False, True]


def test_dropout_layers_are_numbered_apart():
    network = Mlp(hidden=(5, 4)).build((8,), 3, DEEP)
    numbers = [layer.layer for layer in network if isinstance(layer, DropoutLayer)]
    assert len(set(numbers)) == len(numbers) == 4


def test_first_weights_do_not_depend_on_the_composition():
    one, other = (built(Mlp(hidden=(5, 4)), terms) for terms in ((), DEEP))
    plain, rich = ([m for m in n if isinstance(m, nn.Linear)] for n in (one, other))
    for mine, theirs in zip(plain, rich, strict=True):
        assert torch.equal(mine.weight, theirs.weight)


def test_first_weights_depend_on_the_seed_alone():
    first, again, other = (built(Mlp(hidden=(5,)), seed=seed)[0].weight for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_pytorch_init_is_uniform_within_its_bound():
    layer = built(Mlp(hidden=(400,)), inputs=100)[0]
    for drawn in (layer.weight, layer.bias):
        assert 0.09 < drawn.abs().max() <= 0.1
        assert abs(float(drawn.detach().std()) - 0.1 / math.sqrt(3)) < 0.005


@pytest.mark.parametrize(("init", "variance"), [("he", 2 / 100), ("xavier", 2 / 500)])
def test_normal_inits_have_their_variance_and_no_bias(init, variance):
    layer = built(Mlp(hidden=(400,), init=init), inputs=100)[0]
    assert abs(float(layer.weight.detach().var()) / variance - 1) < 0.05
    assert not layer.bias.detach().any()


def test_features_nest():
    few, many = (built(RandomFeatures(features=p))[0].matrix for p in (4, 9))
    assert torch.equal(few, many[:4])


def test_features_are_the_stated_function():
    network = built(RandomFeatures(features=5, activation="tanh"))
    x = torch.randn(6, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = np.tanh(x.numpy() @ network[0].matrix.numpy().T / math.sqrt(8))
    assert np.allclose(nn.Sequential(*network[:-1])(x).numpy(), expected, atol=1e-15)


def test_linear_sees_the_first_inputs_only():
    network = built(Linear(features=3))
    nn.init.ones_(network[-1].weight)
    x = torch.arange(8, dtype=torch.float64)[None]
    assert network(x).tolist() == [[3.0, 3.0, 3.0]]


@pytest.mark.parametrize("net", [Linear(bias=True), RandomFeatures(features=4)])
def test_linear_networks_start_at_zero(net):
    assert not any(weight.detach().any() for weight in built(net).parameters())


def test_every_activation_that_can_be_chosen_can_be_made():
    assert tuple(layers.ACTIVATIONS) == schema.ACTIVATIONS
