"""Linearized networks: the Taylor expansion, its Jacobian, and networks of every kind."""

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, jacrev, vmap

from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.cnn5 import Cnn5
from ddspec.vocabulary.architectures.linearized import Linearized
from ddspec.vocabulary.architectures.low_rank import LowRank
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.architectures.svm import Svm
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.regularizers.dropout import Dropout

NETS = [
    (Mlp(hidden=(6, 5), activation="tanh"), (8,)),
    (Mlp(hidden=(6,), activation="softplus", parametrization="ntk"), (8,)),
    (Cnn1d(channels=3, activation="silu"), (1, 12)),
    (Cnn1d(channels=3, activation="tanh", parametrization="ntk"), (1, 12)),
    (Cnn5(channels=2), (1, 6, 6)),
    (LowRank(net=Mlp(hidden=(6,), activation="elu"), rank=2), (8,)),
    (RandomFeatures(features=7), (8,)),
]
IDS = ["mlp", "ntk", "cnn1d", "cntk", "cnn5", "low rank", "features"]


def built(word, shape, seed=0):
    network = word.build(shape, 3).double()
    word.initialize(network, Draws(seed, "init"))
    return network


def inputs(shape, rows=4):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(rows, torch.Size(shape).numel(), generator=generator).double()


def changed(network, size=1.0):
    """The network with a change of its weights, and that change as one vector."""
    generator = torch.Generator().manual_seed(1)
    changes = network[-1].change.values()
    with torch.no_grad():
        for change in changes:
            change.copy_(size * torch.randn(change.shape, generator=generator))
    return torch.cat([change.detach().flatten() for change in changes])


@pytest.mark.parametrize(("net", "shape"), NETS, ids=IDS)
def test_before_training_it_is_the_network(net, shape):
    x = inputs(shape)
    own, expanded = built(net, shape).eval(), built(Linearized(net=net), shape)
    assert torch.allclose(expanded(x), own(x), atol=1e-14)
    centered = built(Linearized(net=net, centered=True), shape)
    assert not centered(x).any()


@pytest.mark.parametrize(("net", "shape"), NETS, ids=IDS)
def test_it_is_the_taylor_expansion(net, shape):
    """Of the second order is what a change leaves: it falls by four when the change is halved."""
    x, network = inputs(shape), built(Linearized(net=net), shape)
    own = built(net, shape).eval()
    with torch.no_grad():
        for change, weight in zip(network[-1].change.values(), own.parameters(), strict=True):
            change.copy_(weight)
        start, errors = own(x), []
        whole = network(x) - start
        first = {name: weight.detach().clone() for name, weight in own.named_parameters()}
        for size in (2e-4, 1e-4):
            moved = functional_call(own, {n: w * (1 + size) for n, w in first.items()}, (x,))
            errors.append(float((moved - start - size * whole).norm()))
    assert errors[0] <= 1e-6 * float(whole.norm())
    assert errors[1] < errors[0] / 3 or errors[0] < 1e-12


@pytest.mark.parametrize(("net", "shape"), NETS, ids=IDS)
def test_the_jacobian_is_that_of_torch(net, shape):
    x, expanded = inputs(shape), built(Linearized(net=net), shape)
    own = built(net, shape).eval()
    for layer in own.modules():
        layer.plain = True
    weights = dict(own.named_parameters())
    parts = jacrev(lambda w: functional_call(own, w, (x,)))(weights)
    expected = torch.cat([part.flatten(2) for part in parts.values()], dim=2).flatten(0, 1)
    jacobian = expanded[-1].jacobian(x)
    assert torch.allclose(jacobian, expected, atol=1e-12)
    change = changed(expanded)
    moved = (jacobian @ change).view(len(x), 3)
    assert torch.allclose(expanded(x), own(x) + moved, atol=1e-10)


def test_the_jacobian_does_not_depend_on_how_it_is_cut(monkeypatch):
    net, shape = NETS[0]
    whole = built(Linearized(net=net), shape)[-1].jacobian(inputs(shape))
    monkeypatch.setattr("ddspec.vocabulary.tangent.NUMBERS", 1)
    cut = built(Linearized(net=net), shape)[-1].jacobian(inputs(shape))
    assert torch.allclose(cut, whole, atol=1e-14)


def test_its_slope_is_the_jacobian_at_any_change():
    net, shape = NETS[2]
    x, network = inputs(shape), built(Linearized(net=net), shape)
    jacobian = network[-1].jacobian(x)
    changed(network)
    weights = {name: weight.detach() for name, weight in network.named_parameters()}

    def total(weights):
        return functional_call(network, weights, (x,)).sum()

    slope = torch.cat([part.flatten() for part in grad(total)(weights).values()])
    assert torch.allclose(slope, jacobian.sum(dim=0), atol=1e-11)


def test_the_kernel_of_wide_networks_is_that_of_theory():
    """One hidden relu layer: its two matrices give arc-cosine kernels (Cho & Saul 2009), its biases
    the first of them again, and one.
    """
    net = Linearized(net=Mlp(hidden=(20_000,), init="he", parametrization="ntk"))
    network = net.build((2,), 1).double()
    net.initialize(network, Draws(0, "init"))
    x = torch.tensor([[1.0, 0.0], [0.6, 0.8]], dtype=torch.float64)
    jacobian = network[-1].jacobian(x)
    cosine = torch.tensor(0.6, dtype=torch.float64)
    angle = torch.arccos(cosine)
    half = (torch.pi - angle) / torch.pi  # E[1(u > 0) 1(v > 0)] = half / 2
    reached = (cosine * half + torch.sin(angle) / torch.pi) / 2  # E[relu(u) relu(v)], u, v ~ N(0,1)
    # u = w.x / sqrt(2) with w ~ N(0, 2): of variance 1; the last layer has w ~ N(0, 2)
    expected = reached + 2 * (half / 2) * (cosine / 2 + 1) + 1
    assert abs(float(jacobian[0] @ jacobian[1] / expected) - 1) < 0.03


def test_dropout_takes_inputs_before_the_network():
    network = Linearized(net=Mlp(hidden=(4,))).build((8,), 3, (Dropout(rate=0.5, at="input"),))
    assert [type(layer).__name__ for layer in network] == ["Dropout", "Linearized"]


def test_its_parameters_are_those_of_the_network():
    for net, shape in NETS:
        word = Linearized(net=net)
        counted = sum(weight.numel() for weight in word.build(shape, 3).parameters())
        assert word.parameters(shape, 3) == net.parameters(shape, 3) == counted
        assert word.operations(shape, 3) > net.operations(shape, 3)


def test_models_map_over_it():
    net, shape = NETS[2]
    x = inputs(shape)
    networks = [built(Linearized(net=net), shape, seed) for seed in (0, 1)]
    for network in networks:
        changed(network)
    tensors = [
        dict(network.named_parameters()) | dict(network.named_buffers()) for network in networks
    ]
    stack = {name: torch.stack([one[name].detach() for one in tensors]) for name in tensors[0]}
    made = vmap(lambda state: functional_call(networks[0], state, (x,)))(stack)
    for one, network in zip(made, networks, strict=True):
        assert torch.allclose(one, network(x), atol=1e-13)


def test_a_step_is_linearized_by_its_straight_through_slope():
    net = Mlp(hidden=(6,), activation="step")
    network = built(Linearized(net=net), (8,))
    assert network[-1].jacobian(inputs((8,)))[:, :48].any()
    assert isinstance(network[-1].network[1], nn.Module)


@pytest.mark.parametrize(
    "wrap", [lambda net: Linearized(net=net), lambda net: LowRank(net=net, rank=2)]
)
def test_what_gradients_do_not_train_is_refused(wrap):
    assert wrap(Svm()).unfit((8,)) == "`svm` has no weights that gradients train"
    assert wrap(Mlp(hidden=(3,), std=0.1)).unfit((8,)).startswith("`std` is the deviation")
