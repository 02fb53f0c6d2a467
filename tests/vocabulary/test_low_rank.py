"""Networks of factored layers: products of the rank, as large as the network's own weights."""

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.cnn5 import Cnn5
from ddspec.vocabulary.architectures.gnn import Gnn
from ddspec.vocabulary.architectures.low_rank import LowRank
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.rnn import Rnn
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.factoring import Factored, dense_layers, factors
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout

CASES = [
    (Mlp(hidden=(9, 7)), (8,)),
    (Mlp(hidden=(9, 7), parametrization="mup", base=4), (8,)),
    (Cnn1d(channels=5), (2, 11)),
    (Cnn1d(channels=5, parametrization="mup", base=2), (2, 11)),
    (Cnn5(channels=2), (3, 8, 8)),
]
IDS = ["mlp", "mup", "cnn1d", "cnn1d mup", "cnn5"]
TERMS = (BatchNorm(), Dropout(rate=0.2))


def built(net, shape, terms=(), seed=0):
    network = net.build(shape, 3, terms).double()
    net.initialize(network, Draws(seed, "init"))
    return network


def product(layer):
    return layer.last.weight.detach().flatten(1) @ layer.first.weight.detach().flatten(1)


@pytest.mark.parametrize(("net", "shape"), CASES, ids=IDS)
def test_every_layer_is_the_best_product_of_its_rank_and_as_large(net, shape):
    dense = dense_layers(built(net, shape))
    found = factors(built(LowRank(net=net, rank=2), shape))
    assert list(found) == list(dense)
    for name, layer in found.items():
        weight, made = dense[name].weight.detach().flatten(1).numpy(), product(layer).numpy()
        left, values, right = np.linalg.svd(weight, full_matrices=False)
        best = left[:, :2] * values[:2] @ right[:2]
        assert np.linalg.matrix_rank(made) == 2
        assert np.isclose(np.linalg.norm(made), np.linalg.norm(weight), rtol=1e-12)
        assert np.allclose(made * np.linalg.norm(best) / np.linalg.norm(weight), best, atol=1e-7)


@pytest.mark.parametrize("net", [Rnn(units=4), Gnn(hidden=(4,), features=3)])
def test_weights_of_steps_and_of_nodes_are_not_factored(net):
    assert LowRank(net=net, rank=2).unfit((3, 6)).endswith("otherwise than row by row")
    assert not LowRank(net=Mlp(hidden=(4,)), rank=2).unfit((3, 6))


@pytest.mark.parametrize(("net", "shape"), CASES, ids=IDS)
def test_of_full_rank_it_starts_as_the_network_itself(net, shape):
    x = torch.randn(4, torch.Size(shape).numel(), dtype=torch.float64)
    whole, plain = (built(n, shape).eval() for n in (LowRank(net=net, rank=100), net))
    assert torch.allclose(whole(x), plain(x), atol=1e-6)  # drawn in single precision
    shapes = {name: layer.weight.shape for name, layer in dense_layers(plain).items()}
    for name, layer in factors(whole).items():
        assert layer.first.weight.shape[0] == min(shapes[name][0], shapes[name][1:].numel())


@pytest.mark.parametrize(("net", "shape"), CASES, ids=IDS)
@pytest.mark.parametrize("terms", [(), TERMS], ids=["plain", "composed"])
def test_parameters_counts_the_trained_weights(net, shape, terms):
    if isinstance(net, Cnn5):
        terms = terms[1:]
    word = LowRank(net=net, rank=2)
    network = built(word, shape, terms)
    assert word.parameters(shape, 3, terms) == sum(w.numel() for w in network.parameters())
    assert network(torch.zeros(4, torch.Size(shape).numel()).double()).shape == (4, 3)


def test_a_matrix_of_rank_r_has_r_times_its_sides():
    word = LowRank(net=Mlp(hidden=(100,)), rank=4)
    assert word.parameters((50,), 10) == 4 * 150 + 4 * 110 + 110
    assert word.operations((50,), 10) == 4 * 150 + 4 * 110


def test_a_factored_convolution_is_one_convolution():
    network = built(LowRank(net=Cnn1d(channels=5), rank=2), (2, 11))
    layer = network[1]
    assert isinstance(layer, Factored)
    x = torch.randn(4, 2, 11, dtype=torch.float64)
    kernels = product(layer).view(5, 2, 5)
    expected = nn.functional.conv1d(x, kernels, layer.last.bias, stride=2, padding=1)
    assert torch.allclose(layer(x), expected, atol=1e-13)


def test_a_layer_that_starts_at_zero_stays_zero():
    network = built(LowRank(net=Mlp(hidden=(5,), head=0.0), rank=2), (8,))
    assert not network(torch.ones(2, 8, dtype=torch.float64)).any()


def test_it_has_the_traits_of_the_network_but_is_not_linear_in_its_parameters():
    word = LowRank(net=Mlp(hidden=(5,)), rank=2)
    assert word.traits == {"hidden_units", "feedforward", "successive"}
    assert LowRank(net=Cnn5(channels=2), rank=1).least_shape == (1, 4, 4)
