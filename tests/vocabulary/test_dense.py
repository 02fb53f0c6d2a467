"""Dense chains: their layers, their first weights, and how training depends on their width."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary.architectures.autoencoder import Autoencoder
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.deep_linear import DeepLinear
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.quadratic import Quadratic
from ddspec.vocabulary.dense import PARAMETRIZATIONS, multipliers
from ddspec.vocabulary.drawing import Scaled, affine, draw
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.schema import FIRST_WEIGHTS

TERMS = (
    BatchNorm(),
    Dropout(rate=0.2),
    Dropout(rate=0.3, at="head"),
    Dropout(rate=0.1, at="input"),
)
SUBSETS = [s for size in range(len(TERMS) + 1) for s in itertools.combinations(TERMS, size)]
NETS = [
    Mlp(hidden=(5, 7), parametrization="mup"),
    Mlp(hidden=(5, 7), activation="identity"),
    DeepLinear(depth=3, width=5),
    DeepLinear(depth=2, width=5, bias=True, parametrization="ntk"),
    Autoencoder(code=2),
    Autoencoder(code=2, hidden=(6, 4)),
    Quadratic(width=3),
]


def built(net, terms=(), inputs=8, outputs=3, seed=0):
    network = net.build((inputs,), outputs, terms).double()
    net.initialize(network, Draws(seed, "init"))
    return network


def layers(network):
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]


@pytest.mark.parametrize(("net", "terms"), [(n, t) for n in NETS for t in SUBSETS])
def test_parameters_counts_the_trained_weights(net, terms):
    network = built(net, terms)
    assert net.parameters((8,), 3, terms) == sum(p.numel() for p in network.parameters())
    assert network(torch.ones(6, 8, dtype=torch.float64)).shape == (6, 3)


def test_a_deep_linear_network_is_a_product_of_matrices():
    network = built(DeepLinear(depth=3, width=5))
    matrices = [layer.weight for layer in layers(network)]
    assert [tuple(m.shape) for m in matrices] == [(5, 8), (5, 5), (3, 5)]
    x = torch.randn(4, 8, dtype=torch.float64)
    assert torch.allclose(network(x), x @ (matrices[2] @ matrices[1] @ matrices[0]).T, atol=1e-14)
    assert len(layers(built(DeepLinear(depth=1, width=5)))) == 1
    assert DeepLinear(depth=1, width=5).traits == {"feedforward", "successive", "own_weights"}


def test_an_autoencoder_mirrors_its_encoder_around_a_code_without_activation():
    network = built(Autoencoder(code=2, hidden=(6, 4), activation="tanh"))
    shapes = [tuple(layer.weight.shape) for layer in layers(network)]
    assert shapes == [(6, 8), (4, 6), (2, 4), (4, 2), (6, 4), (3, 6)]
    names = [type(layer).__name__ for layer in network]
    hidden = ["Linear", "Tanh"]
    assert names == [*hidden, *hidden, "Linear", *hidden, *hidden, "Linear"]
    assert all(type(layer) is nn.Linear for layer in built(Autoencoder(code=2)))


def test_the_quadratic_network_is_a_quadratic_form_of_each_output():
    network = built(Quadratic(width=4))
    x = torch.randn(5, 8, dtype=torch.float64)
    for output, own in enumerate(layers(network)[0].weight.split(4)):
        form = torch.einsum("ni,ij,nj->n", x, own.T @ own, x)
        assert torch.allclose(network(x)[:, output], form, atol=1e-13)


def test_the_quadratic_network_starts_near_one():
    network = built(Quadratic(width=50), inputs=200)
    x = torch.randn(100, 200, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert abs(float(network(x).detach().mean()) - 1) < 0.1
    weight = layers(built(Quadratic(width=50, std=0.3), inputs=200))[0].weight
    assert abs(float(weight.detach().std()) - 0.3) < 0.01


# --- first weights ----------------------------------------------------------------------------

VARIANCES = {
    "pytorch": 1 / (3 * 100),
    "he": 2 / 100,
    "xavier": 2 / 500,
    "lecun": 1 / 100,
    "he_uniform": 2 / 100,
    "xavier_uniform": 2 / 500,
    "orthogonal": 1 / 400,
    "gaussian": 0.3**2,
}


@pytest.mark.parametrize("init", [*FIRST_WEIGHTS, "gaussian"])
def test_first_weights_have_their_variance(init):
    std = 0.3 if init == "gaussian" else None
    layer = built(Mlp(hidden=(400,), init=init, std=std), inputs=100)[0]
    weight = layer.weight.detach()
    assert abs(float(weight.square().mean()) / VARIANCES[init] - 1) < 0.05
    assert bool(layer.bias.detach().any()) == (init == "pytorch")
    kurtosis = float((weight**4).mean() / (weight**2).mean() ** 2)
    assert abs(kurtosis - (1.8 if init.endswith("uniform") or init == "pytorch" else 3)) < 0.1


@pytest.mark.parametrize(("hidden", "inputs"), [(9, 5), (5, 9), (6, 6)])
def test_orthogonal_weights_have_orthonormal_columns_or_rows(hidden, inputs):
    weight = built(Mlp(hidden=(hidden,), init="orthogonal"), inputs=inputs)[0].weight.detach()
    tall = weight if hidden >= inputs else weight.T
    assert torch.allclose(tall.T @ tall, torch.eye(tall.shape[1]).double(), atol=1e-12)


def test_scale_multiplies_all_first_weights_and_head_those_of_the_last_layer():
    plain, other = (
        layers(built(Mlp(hidden=(5, 4), **factors)))
        for factors in ({}, {"scale": 3.0, "head": 0.5})
    )
    for number, (one, two) in enumerate(zip(plain, other, strict=True)):
        factor = 1.5 if number == 2 else 3.0
        assert torch.allclose(two.weight, factor * one.weight, rtol=1e-14)
        assert torch.allclose(two.bias, factor * one.bias, rtol=1e-14)
    assert not built(Mlp(hidden=(5,), head=0.0))(torch.ones(2, 8, dtype=torch.float64)).any()


def test_kernels_may_be_orthogonal():
    network = Cnn1d(channels=4, init="orthogonal").build((2, 11), 3).double()
    draw(network, "orthogonal", Draws(0, "init"))
    kernels = network[3].weight.detach().flatten(1)
    assert torch.allclose(kernels @ kernels.T, torch.eye(4).double(), atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"init": "gaussian"}, "`init: gaussian` needs its deviation, `std`"),
        ({"std": 0.1}, "`std` is the deviation of `init: gaussian`, not of `pytorch`"),
        ({"init": "gaussian", "std": 0.1}, ""),
    ],
)
def test_a_deviation_goes_with_normal_weights_only(settings, reason):
    for net in (Mlp(hidden=(3,), **settings), DeepLinear(depth=2, width=3, **settings)):
        assert net.unfit((8,)) == reason


# --- parametrizations -------------------------------------------------------------------------


def test_a_scaled_layer_multiplies_its_weight_and_its_bias():
    plain, layer = affine(3, 2), Scaled(3, 2, bias=True, gain=0.25, shift=4.0, first=2.0)
    layer = layer.to_empty(device="cpu")
    for one in (plain, layer):
        draw(nn.Sequential(one).double(), "pytorch", Draws(0, "init"))
    x = torch.randn(5, 3, dtype=torch.float64)
    assert torch.allclose(layer(x), 2 * x @ plain.weight.T + plain.bias, atol=1e-14)


@pytest.mark.parametrize("parametrization", PARAMETRIZATIONS)
def test_multipliers_are_those_of_the_tables(parametrization):
    """Yang et al. 2022, table 3, the rate of a layer as its weights act: under sgd the square of
    the multiplier, under adam the multiplier; here with widths in units of the base.
    """
    sizes, base = (10, 256, 512, 3), 64
    into, out = (1, 4, 8), (4, 8, 1)
    for number in range(3):
        gain, shift, first = multipliers((parametrization, base), sizes, number)
        if parametrization == "standard":
            assert (gain, shift, first) == (1, 1, 1)
        if parametrization == "ntk":
            assert math.isclose(gain**2, 1 / sizes[number])
            assert (shift, first) == (1, 1)
        if parametrization == "mup":
            assert math.isclose(gain**2, out[number] / into[number])
            assert math.isclose(shift**2, out[number])
        if parametrization == "mup_adam":
            assert (gain, shift) == (1 / into[number], 1)
        if parametrization.startswith("mup"):
            assert math.isclose(first**2, 1 / 8 if number == 2 else 1)


@pytest.mark.parametrize("init", ["pytorch", "he", "orthogonal"])
def test_the_kernel_parametrization_starts_as_the_same_function(init):
    x = torch.randn(6, 8, dtype=torch.float64)
    plain, ntk = (
        built(Mlp(hidden=(50, 40), init=init, parametrization=p)) for p in ("standard", "ntk")
    )
    assert torch.allclose(plain(x), ntk(x), atol=1e-13)


@pytest.mark.parametrize("parametrization", ["mup", "mup_adam"])
def test_at_its_base_width_mup_is_standard(parametrization):
    plain, other = (
        built(Mlp(hidden=(16, 16), parametrization=p, base=16))
        for p in ("standard", parametrization)
    )
    x = torch.randn(6, 8, dtype=torch.float64)
    assert torch.equal(plain(x), other(x))
    for one, two in zip(layers(plain), layers(other), strict=True):
        assert torch.equal(one.weight, two.weight)


@pytest.mark.parametrize("parametrization", ["mup", "mup_adam"])
def test_mup_starts_with_a_smaller_last_layer(parametrization):
    net = Mlp(hidden=(256,), init="lecun", parametrization=parametrization, base=16)
    acting = [layer.gain * layer.weight.detach() for layer in layers(built(net, inputs=100))]
    deviations = [float(weight.std()) for weight in acting]
    assert np.allclose(deviations, [1 / 10, 1 / math.sqrt(256 * 16)], rtol=0.1)


WIDTHS = (64, 1024)


def moved(parametrization, optimizer, width):
    """How far features move in five steps, root mean square: of both hidden layers and of outputs,
    biases and a last layer that starts at zero among them.
    """
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(16, n, generator=generator).double() for n in (10, 1))
    net = Mlp(hidden=(width, width), activation="tanh", parametrization=parametrization, base=64)
    network = built(net, inputs=10, outputs=1)
    found = [list(_features(network, x))]
    steps = optimizer(network.parameters())
    for _ in range(5):
        steps.zero_grad()
        (network(x) - y).square().mean().backward()
        steps.step()
    found.append(list(_features(network, x)))
    return [float((b - a).square().mean().sqrt()) for a, b in zip(*found, strict=True)]


def _features(network, x):
    for layer in network:
        x = layer(x)
        if isinstance(layer, nn.Linear):
            yield x.detach()


def growth(parametrization, optimizer):
    """How features of the wide network move, in those of the narrow one."""
    narrow, wide = (moved(parametrization, optimizer, width) for width in WIDTHS)
    return [two / one for one, two in zip(narrow, wide, strict=True)]


def sgd(weights):
    return torch.optim.SGD(weights, lr=0.05)


def adam(weights):
    return torch.optim.Adam(weights, lr=0.003)


@pytest.mark.parametrize(("parametrization", "optimizer"), [("mup", sgd), ("mup_adam", adam)])
def test_under_mup_features_of_all_widths_move_alike(parametrization, optimizer):
    assert all(0.6 < ratio < 1.6 for ratio in growth(parametrization, optimizer))


def test_under_the_kernel_parametrization_features_of_wide_networks_move_less():
    *hidden, outputs = growth("ntk", sgd)
    assert all(ratio < 0.4 for ratio in hidden)  # 1 / 4 for sixteen times the width
    assert outputs > 1.5 * max(hidden)


def test_under_the_standard_one_adam_moves_features_of_wide_networks_more():
    assert all(ratio > 2 for ratio in growth("standard", adam)[1:])


# --- of signals -------------------------------------------------------------------------------

SIGNAL = (2, 20)


def convolved(parametrization, channels=8, seed=0):
    net = Cnn1d(channels=channels, activation="tanh", parametrization=parametrization, base=4)
    network = net.build(SIGNAL, 3).double()
    net.initialize(network, Draws(seed, "init"))
    return network


def test_a_convolutional_network_has_the_same_parametrizations():
    x = torch.randn(4, 40, dtype=torch.float64)
    assert torch.allclose(convolved("standard")(x), convolved("ntk")(x), atol=1e-13)
    assert torch.equal(convolved("standard", 4)(x), convolved("mup", 4)(x))
    gains = [m.gain for m in convolved("ntk").modules() if hasattr(m, "gain")]
    assert gains == [1 / math.sqrt(fan) for fan in (2 * 5, 8 * 3, 8 * 3, 8 * 3)]
    gains = [m.gain for m in convolved("mup").modules() if hasattr(m, "gain")]
    assert np.allclose(gains, [math.sqrt(2), 1, 1, math.sqrt(0.5)])


@pytest.mark.parametrize("plain", [False, True])
def test_a_scaled_convolution_multiplies_its_weight_and_its_bias(plain):
    layer = convolved("standard")[1]
    x, own = torch.randn(4, 2, 20, dtype=torch.float64), layer.weight
    layer.gain, layer.shift, layer.plain = 0.5, 3.0, plain
    expected = nn.functional.conv1d(x, own / 2, 3 * layer.bias, stride=2, padding=1)
    assert torch.allclose(layer(x), expected, atol=1e-13)


def test_every_layer_has_its_own_factor():
    plain, scaled = (built(Mlp(hidden=(5, 4), scales=factors)) for factors in ((), (2.0, 1.0, 0.5)))
    for layer, factor in ((0, 2.0), (2, 1.0), (4, 0.5)):
        assert torch.equal(scaled[layer].weight, factor * plain[layer].weight)
        assert torch.equal(scaled[layer].bias, factor * plain[layer].bias)
    linear = built(DeepLinear(depth=2, width=3, scales=(1.0, 3.0)))
    assert torch.equal(linear[-1].weight, 3 * built(DeepLinear(depth=2, width=3))[-1].weight)


def test_as_many_factors_as_layers_are_needed():
    assert "2 factors for 3 layers" in Mlp(hidden=(5, 4), scales=(1.0, 2.0)).unfit((8,))
    assert "1 factors for 2 layers" in DeepLinear(depth=2, width=3, scales=(1.0,)).unfit((8,))
    assert not Mlp(hidden=(5,), scales=(1.0, 2.0)).unfit((8,))
