"""Dense networks of every kind: a stacked cell equals the same cell trained by a plain loop."""

import pytest
import torch
from torch import nn

from ddspec.spec.model import Seed
from ddspec.training.engine import DEFAULT
from ddspec.training.models import network_of
from ddspec.vocabulary import layers
from ddspec.vocabulary.architectures.autoencoder import Autoencoder
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.deep_linear import DeepLinear
from ddspec.vocabulary.architectures.fourier_features import FourierFeatures
from ddspec.vocabulary.architectures.linearized import Linearized
from ddspec.vocabulary.architectures.low_rank import LowRank
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.polynomial import Polynomial
from ddspec.vocabulary.architectures.quadratic import Quadratic
from ddspec.vocabulary.drawing import Scaled
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from tests.training import made
from tests.training.made import TOGETHER, cell, data, descent, difference, plain_loop, stacked

RATE = 0.02
HIDDEN = {
    "tanh": Mlp(hidden=(7, 5), activation="tanh", init="gaussian", std=0.4, head=0.5),
    "softplus": Mlp(hidden=(7, 5), activation="softplus", init="orthogonal"),
    "elu": Mlp(hidden=(7, 5), activation="elu", init="he_uniform", scale=0.7),
    "erf": Mlp(hidden=(7, 5), activation="erf", init="lecun"),
    "square": Mlp(hidden=(7, 5), activation="quadratic", init="xavier", scale=0.3),
    "step": Mlp(hidden=(7, 5), activation="step", init="xavier_uniform"),
    "ntk": Mlp(hidden=(7, 5), parametrization="ntk", init="he"),
    "mup": Mlp(hidden=(7, 5), parametrization="mup", base=3),
    "deep linear": DeepLinear(depth=3, width=6, init="orthogonal"),
    "autoencoder": Autoencoder(code=3, hidden=(6,), activation="silu"),
    "autoencoder mup": Autoencoder(code=3, hidden=(6,), parametrization="mup", base=4),
    "quadratic": Quadratic(width=2),
    "quadratic mup_adam": Quadratic(width=2, std=0.2, parametrization="mup_adam", base=3),
    "cnn1d": Cnn1d(channels=4, activation="tanh", parametrization="mup", base=3),
    "low rank": LowRank(net=Mlp(hidden=(7, 5), activation="tanh"), rank=2),
}
FLAT = {
    "fourier": FourierFeatures(frequencies=9, bandwidth=5.0, form="phase"),
    "pairs": FourierFeatures(frequencies=9, bandwidth=5.0),
    "polynomial": Polynomial(degree=1, basis="orthonormal"),
    "linearized": Linearized(net=Mlp(hidden=(6,), activation="tanh")),
    "linearized mup": Linearized(net=Mlp(hidden=(6,), parametrization="mup"), centered=True),
    "linearized cnn": Linearized(net=Cnn1d(channels=2, activation="tanh")),
}
COMPOSITIONS = {
    "none": lambda n: (),
    "all": lambda n: (BatchNorm(), Dropout(rate=0.1 + 0.1 * n), L2(strength=1e-3 * n)),
}


class Affine(nn.Linear):
    """An affine layer with multipliers, as a user would write it."""

    def __init__(self, layer):
        super().__init__(layer.in_features, layer.out_features, bias=layer.bias is not None)
        self.gain, self.shift = layer.gain, layer.shift

    def forward(self, x):
        made = self.gain * (x @ self.weight.T)
        return made if self.bias is None else made + self.shift * self.bias


class Masked(made.Masked):
    """Dropout of maps, each taken by its place in its row laid flat."""

    def forward(self, x):
        return super().forward(x.flatten(1)).view(x.shape)


def plain(one):
    """The network of a cell, what is ddspec's own in it replaced by torch's."""
    network = network_of(one)
    for name, layer in list(network.named_modules()):
        above, _, own = name.rpartition(".")
        if isinstance(layer, layers.Dropout):
            rate = 1 - 1 / float(layer.scale)
            replaced = Masked(round(rate, 6), layer.layer)
        elif isinstance(layer, layers.BatchNorm):
            replaced = nn.BatchNorm1d(len(layer.weight), layer.epsilon, layer.momentum).double()
        elif isinstance(layer, Scaled):
            replaced = Affine(layer).double()
            replaced.load_state_dict(layer.state_dict())
        else:
            continue
        setattr(network.get_submodule(above), own, replaced)
    return network


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    monkeypatch.setattr(made, "plain_network", plain)


def equal(net, composition, ways=DEFAULT, adam=False):
    optimizer = Adam(lr=Constant(rate=RATE)) if adam else Sgd(lr=Constant(rate=RATE), momentum=0.9)
    torchs = torch.optim.Adam if adam else (lambda w: torch.optim.SGD(w, momentum=0.9))
    cells = [
        cell(data(samples), composition(n), descent(optimizer, **TOGETHER), Seed(n, 2 * n, n), net)
        for n, samples in enumerate((30, 23, 30))
    ]
    runs = stacked(cells, ways=ways)
    differences = [
        difference(run, plain_loop(one, torchs)) for run, one in zip(runs, cells, strict=True)
    ]
    return max(differences), runs[0].way


@pytest.mark.parametrize("composition", COMPOSITIONS)
@pytest.mark.parametrize("net", HIDDEN)
def test_a_stacked_network_equals_the_plain_loop(net, composition):
    assert equal(HIDDEN[net], COMPOSITIONS[composition])[0] < 1e-10


@pytest.mark.parametrize("net", FLAT)
def test_stacked_features_equal_the_plain_loop(net):
    dropped = (Dropout(rate=0.2, at="input"), L2(strength=1e-3))
    for terms in ((), dropped):
        assert equal(FLAT[net], lambda _, terms=terms: terms)[0] < 1e-10


def test_under_adam_as_well():
    net = Mlp(hidden=(7, 5), parametrization="mup_adam", base=3)
    assert equal(net, COMPOSITIONS["none"], adam=True)[0] < 1e-10


@pytest.mark.parametrize("net", [HIDDEN["deep linear"], Mlp(hidden=(7,), activation="identity")])
def test_the_kernel_trains_networks_without_activation(net):
    far, way = equal(net, COMPOSITIONS["all"], ways=("native",))
    assert net.native
    assert (way, far < 1e-10) == ("native", True)


@pytest.mark.parametrize("net", ["ntk", "mup", "softplus", "step", "quadratic", "low rank"])
def test_the_kernel_passes_on_what_it_does_not_know(net):
    assert not HIDDEN[net].native
    assert equal(HIDDEN[net], COMPOSITIONS["none"], ways=("native", "eager"))[1] == "eager"
