"""Convolutional networks: how training depends on their width, and the layers terms add to them."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.cnn5 import Cnn5
from ddspec.vocabulary.architectures.deep_cnn import DeepCnn
from ddspec.vocabulary.architectures.resnet18 import Resnet18
from ddspec.vocabulary.convolving import Convolution
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.normalizations import LayerNorm as LayerNormLayer
from ddspec.vocabulary.normalizations import WeightNormedConvolution
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.layer_norm import LayerNorm
from ddspec.vocabulary.regularizers.weight_norm import WeightNorm

BASE = 4
SIGNAL, IMAGE = (1, 40), (3, 4, 4)
NETS = {
    "cnn1d": (SIGNAL, lambda **how: Cnn1d(activation="tanh", **how)),
    "cnn5": (IMAGE, Cnn5),
    "deep_cnn": (IMAGE, lambda **how: DeepCnn(depth=3, halvings=1, activation="tanh", **how)),
    "resnet18": (IMAGE, lambda **how: Resnet18(blocks=(1, 1), **how)),
}


def network(name, parametrization, channels=BASE, *, init="pytorch", outputs=1, seed=0):
    shape, net = NETS[name]
    made = net(channels=channels, init=init, parametrization=parametrization, base=BASE)
    built = made.build(shape, outputs).double()
    made.initialize(built, Draws(seed, "init"))
    return built


def samples(name, count=8, outputs=1):
    generator = torch.Generator().manual_seed(0)
    sizes = (math.prod(NETS[name][0]), outputs)
    return (torch.randn(count, size, generator=generator).double() for size in sizes)


def trained(net, x, y, steps=3):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        (net(x) - y).square().mean().backward()
        optimizer.step()
    return net(x)


@pytest.mark.parametrize("parametrization", ["mup", "mup_adam"])
@pytest.mark.parametrize("name", NETS)
def test_at_its_base_width_mup_is_standard_before_and_in_training(name, parametrization):
    x, y = samples(name)
    plain, other = (network(name, p) for p in ("standard", parametrization))
    assert torch.equal(plain(x), other(x))
    assert torch.equal(trained(plain, x, y), trained(other, x, y))


@pytest.mark.parametrize("name", NETS)
def test_at_another_width_training_is_not_standard(name):
    x, y = samples(name)
    plain, other = (network(name, p, 2 * BASE) for p in ("standard", "mup"))
    assert not torch.allclose(trained(plain, x, y), trained(other, x, y), rtol=0.01)


@pytest.mark.parametrize("name", NETS)
def test_the_kernel_parametrization_starts_as_the_same_function(name):
    x, _ = samples(name)
    plain, ntk = (network(name, p, 6) for p in ("standard", "ntk"))
    # what is added to the variance makes normalization of no scale but nearly so
    assert torch.allclose(plain(x), ntk(x), atol=1e-12)


TIMES = 16  # as wide
OPTIMIZERS = {
    "sgd": lambda weights: torch.optim.SGD(weights, lr=1e-4),
    "adam": lambda weights: torch.optim.Adam(weights, lr=1e-5),
}


def moved(name, parametrization, optimizer, channels, seed):
    """How far one step of each layer alone moves outputs whose slopes are given, root mean square,
    and how far a step of all of them moves the features of the last layer.
    """
    init = "pytorch" if name == "resnet18" else "he"
    net = network(name, parametrization, channels, init=init, seed=seed)
    x, slopes = samples(name)
    before, features = net(x).detach(), net[:-1](x).detach()
    (net(x) * slopes).mean().backward()
    far = []
    for weight in (w for w in net.parameters() if w.dim() > 1):
        first = weight.detach().clone()
        OPTIMIZERS[optimizer]([weight]).step()
        far.append(net(x).detach() - before)
        with torch.no_grad():
            weight.copy_(first)
    OPTIMIZERS[optimizer](net.parameters()).step()
    far.append(net[:-1](x).detach() - features)
    return [float(each.square().mean().sqrt()) for each in far]


def growth(name, parametrization, optimizer):
    """The same of the wide network in those of the narrow one: of every layer, and of features."""
    least = BASE // 2 if name == "cnn5" else BASE
    narrow, wide = (
        np.mean([moved(name, parametrization, optimizer, width, seed) for seed in range(2)], axis=0)
        for width in (least, TIMES * least)
    )
    *layers, features = wide / narrow
    return np.array(layers), features


@pytest.mark.parametrize(("parametrization", "optimizer"), [("mup", "sgd"), ("mup_adam", "adam")])
@pytest.mark.parametrize("name", NETS)
def test_under_mup_a_step_moves_networks_of_all_widths_alike(name, parametrization, optimizer):
    """A wrong power of the width in a multiplier changes one of these by 4, its square by 16."""
    layers, features = growth(name, parametrization, optimizer)
    assert all(0.35 < ratio < 2.8 for ratio in (*layers, features))
    assert 0.5 < np.exp(np.log(layers).mean()) < 1.6


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", NETS)
def test_under_the_standard_one_a_step_moves_wide_networks_more(name, optimizer):
    layers, _ = growth(name, "standard", optimizer)
    assert all(layers[1:] > 5)  # 16, of the layers that see channels, but for chance
    assert optimizer == "sgd" or layers[0] > 2  # 4


@pytest.mark.parametrize("name", NETS)
def test_under_the_kernel_parametrization_only_features_of_wide_networks_move_less(name):
    layers, features = growth(name, "ntk", "sgd")
    assert all(0.35 < ratio < 2.8 for ratio in layers)
    assert features < 0.5  # 1 / 4, but for chance


# --- layers that compositions add -------------------------------------------------------------

TERMS = (BatchNorm(), LayerNorm(), WeightNorm(), Dropout(rate=0.3, at="preactivation"))
SUBSETS = [s for size in range(5) for s in itertools.combinations(TERMS, size)]
SUCCESSIVE = [(Cnn1d(channels=4), SIGNAL), (DeepCnn(depth=2, channels=3), IMAGE)]


@pytest.mark.parametrize("places", [(), (7,), (5, 3)], ids=len)
def test_layer_norm_of_maps_is_group_normalization_of_one_group(places):
    x = torch.randn(6, 4, *places, dtype=torch.float64)
    ours, groups = LayerNormLayer(4).double(), nn.GroupNorm(1, 4).double()
    with torch.no_grad():
        for own, theirs in zip(ours.parameters(), groups.parameters(), strict=True):
            own.copy_(torch.randn(4))
            theirs.copy_(own)
    assert torch.allclose(ours(x), groups(x), atol=1e-13)
    plain = nn.LayerNorm(x.shape[1:], elementwise_affine=False)
    assert torch.allclose(LayerNormLayer(4).double()(x), plain(x), atol=1e-13)


def test_a_normed_convolution_begins_with_the_weights_it_is_drawn():
    for net, shape in SUCCESSIVE:
        plain, normed = (net.build(shape, 3, terms).double() for terms in ((), (WeightNorm(),)))
        for built in (plain, normed):
            net.initialize(built, Draws(0, "init"))
        x = torch.randn(5, math.prod(shape), dtype=torch.float64)
        assert torch.allclose(plain(x), normed(x), atol=1e-13)
        layers = [m for m in normed.modules() if isinstance(m, Convolution)]
        assert all(isinstance(layer, WeightNormedConvolution) for layer in layers)
        with torch.no_grad():
            layers[0].weight.mul_(3)  # directions have no length
        assert torch.allclose(plain(x), normed(x), atol=1e-13)


@pytest.mark.parametrize("terms", SUBSETS, ids=len)
def test_parameters_are_counted_as_they_are_built(terms):
    for net, shape in SUCCESSIVE:
        built = net.build(shape, 3, terms)
        net.initialize(built, Draws(0, "init"))
        assert net.parameters(shape, 3, terms) == sum(w.numel() for w in built.parameters())
        assert built(torch.ones(6, math.prod(shape))).shape == (6, 3)


def test_layers_stand_between_convolution_and_activation():
    layers = [type(layer).__name__ for layer in Cnn1d(channels=4).build(SIGNAL, 3, TERMS)]
    hidden = ["WeightNormedConvolution", "BatchNorm", "LayerNorm", "Dropout", "ReLU"]
    assert layers == ["Unflatten", *hidden, *hidden, *hidden, "Flatten", "WeightNormed"]
