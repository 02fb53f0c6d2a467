"""Recurrent, graph, mirrored and quadratic networks: how training depends on their width."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.plan.identity import normal
from ddspec.vocabulary.architectures.autoencoder import Autoencoder
from ddspec.vocabulary.architectures.gnn import Gnn
from ddspec.vocabulary.architectures.lstm import Lstm
from ddspec.vocabulary.architectures.quadratic import Quadratic
from ddspec.vocabulary.architectures.rnn import Rnn
from ddspec.vocabulary.datasets.block_model import normalized
from ddspec.vocabulary.dense import PARAMETRIZATIONS
from ddspec.vocabulary.drawing import acting
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.schema import FIRST_WEIGHTS

BASE, TIMES, ROWS = 32, 8, 12
MIRROR = {"activation": "tanh", "base": BASE}
NETS = {
    "rnn": ((3, 6), lambda w, **how: Rnn(units=w, layers=2, base=BASE, **how)),
    "lstm": ((3, 6), lambda w, **how: Lstm(units=w, layers=2, base=BASE, **how)),
    "gnn": ((1,), lambda w, **how: Gnn(hidden=(w, w), features=5, **MIRROR, **how)),
    "fixed code": ((8,), lambda w, **how: Autoencoder(code=2, hidden=(w, w), **MIRROR, **how)),
    "wide code": (
        (8,),
        lambda w, **how: Autoencoder(
            code=w // 2, code_base=BASE // 2, hidden=(w,), **MIRROR, **how
        ),
    ),
    "linear code": ((8,), lambda w, **how: Autoencoder(code=w, base=BASE, **how)),
}
# Of every affine layer, in order: whether its weights are of inputs, hidden, or of outputs.
LAYERS = {
    "rnn": "ihhho",
    "lstm": "ihhho",
    "gnn": "iho",
    "fixed code": "ihoiho",
    "wide code": "ihho",
    "linear code": "io",
}
OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
FREE = [name for name in NETS if name != "fixed code"]  # without a saddle point
MUP = [("mup", "sgd"), ("mup_adam", "adam")]


def graph():
    generator = np.random.default_rng(0)
    upper = np.triu(generator.random((ROWS, ROWS)) < 0.3, 1)
    features = generator.standard_normal((ROWS, 5)).astype("f4")
    return {"adjacency": normalized(upper | upper.T), "features": features}


def network(name, parametrization, width=BASE, *, seed=0, **how):
    shape, net = NETS[name]
    return drawn(net(width, parametrization=parametrization, **how), shape, seed)


def drawn(net, shape, seed=0):
    made = net.build(shape, 8).double()
    net.initialize(made, Draws(seed, "init"))
    net.attach(made, Pool(*(np.zeros((0, 1)) for _ in range(6)), extras=graph()))
    return made


def samples(name):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(ROWS, math.prod(NETS[name][0]), generator=generator).double()
    if name == "gnn":
        x = torch.arange(ROWS).double()[:, None]
    return x, torch.randn(ROWS, 8, generator=generator).double()


def trained(net, x, y, steps=3, optimizer="sgd", lr=0.05):
    descent = OPTIMIZERS[optimizer](net.parameters(), lr=lr)
    for _ in range(steps):
        descent.zero_grad()
        (net(x) - y).square().mean().backward()
        descent.step()
    return net(x)


def layers(net):
    return [layer for layer in net.modules() if isinstance(layer, nn.Linear)]


def sizes(net):
    """The root mean square of every layer's weights as they act."""
    return np.array([float(acting(m)[0].detach().square().mean().sqrt()) for m in layers(net)])


# --- what is multiplied, and what is drawn --------------------------------------------------------


@pytest.mark.parametrize("parametrization", ["mup", "mup_adam"])
@pytest.mark.parametrize("name", NETS)
def test_at_its_base_width_mup_is_standard_before_and_in_training(name, parametrization):
    x, y = samples(name)
    plain, other = (network(name, p) for p in ("standard", parametrization))
    assert torch.equal(plain(x), other(x))
    assert torch.equal(trained(plain, x, y), trained(other, x, y))


@pytest.mark.parametrize("init", ["pytorch", "xavier"])
@pytest.mark.parametrize("name", NETS)
def test_the_kernel_parametrization_starts_as_the_same_function(name, init):
    x, y = samples(name)
    plain, ntk = (network(name, p, 40, init=init) for p in ("standard", "ntk"))
    assert torch.allclose(plain(x), ntk(x), atol=1e-13)
    assert not torch.allclose(trained(plain, x, y), trained(ntk, x, y), rtol=0.01)


@pytest.mark.parametrize("name", NETS)
def test_layers_of_each_sort_learn_at_their_rate(name):
    """Yang et al. 2022, table 3, the rate of a layer as its weights act: under sgd the square of
    the multiplier, under adam the multiplier. Jacot et al. 2018: 1 / fan in.
    """
    sgd, adam = {"i": TIMES, "h": 1, "o": 1 / TIMES}, {"i": 1, "h": 1 / TIMES, "o": 1 / TIMES}
    biases = {"i": TIMES, "h": TIMES, "o": 1}
    for parametrization in PARAMETRIZATIONS[1:]:
        found = layers(network(name, parametrization, TIMES * BASE))
        for sort, layer in zip(LAYERS[name], found, strict=True):
            rate, shift = layer.gain**2, layer.shift**2
            expected = {"ntk": 1 / layer.in_features, "mup": sgd[sort], "mup_adam": adam[sort] ** 2}
            assert math.isclose(rate, expected[parametrization])
            assert layer.bias is None or math.isclose(
                shift, biases[sort] if parametrization == "mup" else 1
            )


@pytest.mark.parametrize("name", NETS)
def test_a_network_computes_what_the_plain_one_does_with_its_weights_as_they_act(name):
    x, _ = samples(name)
    for parametrization in PARAMETRIZATIONS[1:]:
        plain, other = (network(name, p, 40) for p in ("standard", parametrization))
        for one, two in zip(layers(plain), layers(other), strict=True):
            pairs = zip((one.weight, one.bias), (two.weight, two.bias), strict=True)
            with torch.no_grad():
                for factor, (mine, theirs) in zip((two.gain, two.shift), pairs, strict=True):
                    if mine is not None:
                        mine.copy_(theirs * factor)
        assert torch.allclose(plain(x), other(x), atol=1e-13)


LAWS = [(name, init) for name in NETS for init in FIRST_WEIGHTS]
CODES = [(name, "gaussian") for name in NETS if name.endswith("code")]


@pytest.mark.parametrize("parametrization", ["mup", "mup_adam"])
@pytest.mark.parametrize(("name", "init"), [*LAWS, *CODES])
def test_first_weights_follow_those_of_the_base_width(name, init, parametrization):
    how = {"std": 0.3} if init == "gaussian" else {}
    widths = (BASE, TIMES * BASE)
    small, large = (sizes(network(name, parametrization, w, init=init, **how)) for w in widths)
    expected = {"i": 1, "h": 1 / math.sqrt(TIMES), "o": 1 / TIMES}
    assert np.allclose(large / small, [expected[sort] for sort in LAYERS[name]], rtol=0.3)


def test_the_fan_out_of_gates_is_that_of_all_four():
    net = Lstm(units=256, init="xavier", parametrization="mup", base=1)
    assert sizes(drawn(net, (3, 6)))[0] == pytest.approx(math.sqrt(2 / (3 + 4)), rel=0.1)


@pytest.mark.parametrize("name", ["rnn", "lstm"])
def test_biases_of_recurrent_layers_are_as_large_at_any_width(name):
    for width in (BASE, TIMES * BASE):
        for layer in layers(network(name, "mup", width))[:4:2]:
            bias = acting(layer)[1].detach().abs()
            assert 0.8 / math.sqrt(BASE) < float(bias.max()) <= 1 / math.sqrt(BASE)


@pytest.mark.parametrize("name", NETS)
def test_as_many_weights_are_trained(name):
    shape, net = NETS[name]
    for parametrization in PARAMETRIZATIONS:
        made = network(name, parametrization, 24)
        counted = net(24, parametrization=parametrization).parameters(shape, 8)
        assert counted == sum(weight.numel() for weight in made.parameters())


def test_what_is_not_asked_for_enters_no_id():
    nets = (
        Rnn(units=3),
        Lstm(units=3),
        Gnn(hidden=(3,), features=2),
        Autoencoder(code=2),
        Quadratic(width=3),
    )
    new = {"parametrization", "base", "code_base"}
    assert not any(new & normal(net).keys() for net in nets)


def test_own_weights_are_those_that_act_as_they_are():
    own = {"own_weights", "feedforward"}
    for parametrization in PARAMETRIZATIONS:
        traits = Autoencoder(code=2, parametrization=parametrization).traits
        assert traits & own == (own if parametrization == "standard" else set())
        assert {"successive", "hidden_units"} <= traits


# --- what a step moves ----------------------------------------------------------------------------


def motion(name, net, optimizer):
    """How far a small step of each weight alone moves outputs whose slopes are given, and how far
    one of all moves the features of the last layer, root mean squares.
    """
    x, slopes = samples(name)
    net.zero_grad()
    before, features = net(x).detach(), last_features(name, net, x)
    (net(x) * slopes).mean().backward()
    far = []
    for weight in (w for w in net.parameters() if w.dim() > 1):
        first = weight.detach().clone()
        OPTIMIZERS[optimizer]([weight], lr=1e-4).step()
        far.append(net(x).detach() - before)
        with torch.no_grad():
            weight.copy_(first)
    OPTIMIZERS[optimizer](net.parameters(), lr=1e-4).step()
    far.append(last_features(name, net, x) - features)
    return [float(each.square().mean().sqrt()) for each in far]


def last_features(name, net, x):
    found = []
    layer = net.between[-1] if name == "gnn" else net[-2]
    hook = layer.register_forward_hook(lambda _, given, made: found.append(made.detach()))
    net(x)
    hook.remove()
    return found[0]


def growth(name, parametrization, optimizer, init="lecun"):
    """The motion of a wide network in that of one of the base width: of every layer, and of
    features; of networks that have learned a little, since a wide mirror starts at a saddle point.
    """
    found = []
    for width in (BASE, TIMES * BASE):
        nets = [network(name, parametrization, width, init=init, seed=seed) for seed in range(2)]
        if name == "fixed code" and parametrization.startswith("mup"):
            x = samples(name)[0]
            rate = 0.5 if optimizer == "sgd" else 0.01
            for net in nets:
                trained(net, x, x, 40, optimizer, rate)
        found.append(np.mean([motion(name, net, optimizer) for net in nets], axis=0))
    *each, features = found[1] / found[0]
    return np.array(each), features


@pytest.mark.parametrize(("parametrization", "optimizer"), MUP)
@pytest.mark.parametrize("name", NETS)
def test_under_mup_a_step_moves_networks_of_all_widths_alike(name, parametrization, optimizer):
    """A wrong power of the width in a multiplier changes one of these by 2.8, its square by 8."""
    each, features = growth(name, parametrization, optimizer)
    assert all(0.45 < ratio < 2.2 for ratio in (*each, features))
    assert 0.6 < np.exp(np.log(each).mean()) < 1.4


@pytest.mark.parametrize(("parametrization", "optimizer"), MUP)
@pytest.mark.parametrize("name", ["rnn", "lstm"])
def test_with_the_first_weights_of_torch_as_well(name, parametrization, optimizer):
    each, features = growth(name, parametrization, optimizer, "pytorch")
    assert all(0.5 < ratio < 2 for ratio in (*each, features))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", FREE)
def test_under_the_standard_one_a_step_moves_wide_networks_more(name, optimizer):
    each, _ = growth(name, "standard", optimizer)
    sorts = np.array(list(LAYERS[name]))
    assert all(each[sorts != "i"] > 3.5)  # 8 or more, where units are seen, but for chance
    assert optimizer == "sgd" or all(each[sorts == "i"] > 1.4)  # 2.8


@pytest.mark.parametrize("name", FREE)
def test_under_the_kernel_parametrization_only_features_of_wide_networks_move_less(name):
    each, features = growth(name, "ntk", "sgd")
    assert all(0.4 < ratio < 2.2 for ratio in each)
    assert features < 0.6  # 0.35, but for chance


def test_a_wide_mirror_learns_as_the_narrow_one_does():
    x = samples("fixed code")[0]
    for parametrization, optimizer, rate in (("mup", "sgd", 0.3), ("mup_adam", "adam", 0.01)):
        losses = []
        for width in (BASE, TIMES * BASE):
            nets = [network("fixed code", parametrization, width, seed=s) for s in range(2)]
            made = [trained(net, x, x, 40, optimizer, rate) for net in nets]
            losses.append(np.mean([float((one - x).square().mean().detach()) for one in made]))
        assert 0.7 < losses[1] / losses[0] < 1.3


# --- sums of squares ------------------------------------------------------------------------------


def squares(parametrization, width=BASE, std=None):
    return drawn(Quadratic(width=width, std=std, parametrization=parametrization, base=BASE), (8,))


def test_a_sum_of_squares_is_in_mean_field_already():
    x, y = samples("linear code")
    for width in (BASE, 4 * BASE):
        plain, mup = (squares(p, width) for p in ("standard", "mup"))
        assert torch.equal(trained(plain, x, y, lr=0.01), trained(mup, x, y, lr=0.01))


@pytest.mark.parametrize("std", [None, 0.2])
def test_a_sum_of_squares_starts_as_the_same_function(std):
    x, y = samples("linear code")
    for width in (BASE, 4 * BASE):
        plain, ntk, adam = (squares(p, width, std) for p in ("standard", "ntk", "mup_adam"))
        assert torch.allclose(plain(x), ntk(x), atol=1e-13)
        smaller = 1.0 if std is None else BASE / width  # a given deviation is that of the base
        assert torch.allclose(plain(x) * smaller, adam(x), atol=1e-13)
        parts = (trained(plain, x, y, 1, lr=1e-3 / 8), trained(ntk, x, y, 1, lr=1e-3))
        assert torch.allclose(*parts, atol=1e-13)  # a rate of 1 / fan in


@pytest.mark.parametrize(
    ("parametrization", "optimizer", "expected"),
    [
        ("standard", "sgd", 1),
        ("mup", "sgd", 1),
        ("mup_adam", "adam", 1),
        ("standard", "adam", 2.83),
    ],
)
def test_how_far_a_step_moves_a_sum_of_squares(parametrization, optimizer, expected):
    x, slopes = samples("linear code")
    found = []
    for width in (4 * BASE, 4 * TIMES * BASE):
        net = squares(parametrization, width)
        before = net(x).detach()
        (net(x) * slopes).mean().backward()
        OPTIMIZERS[optimizer](net.parameters(), lr=1e-5).step()
        found.append(float((net(x).detach() - before).square().mean().sqrt()))
    assert found[1] / found[0] == pytest.approx(expected, rel=0.2)
