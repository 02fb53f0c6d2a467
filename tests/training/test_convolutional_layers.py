"""Convolutional networks with parametrizations and layers of a composition: a stacked cell equals
the same network of torch's own layers, trained by a plain loop.
"""

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrizations

from ddspec.spec.model import Seed
from ddspec.training.models import network_of
from ddspec.vocabulary import layers, normalizations
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.cnn5 import Cnn5
from ddspec.vocabulary.architectures.deep_cnn import DeepCnn
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.resnet18 import Resnet18
from ddspec.vocabulary.drawing import Scaled
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.layer_norm import LayerNorm
from ddspec.vocabulary.regularizers.weight_norm import WeightNorm
from ddspec.vocabulary.schedules.constant import Constant
from tests.training import made
from tests.training.made import CLASSES, cell, data, descent, plain_loop, stacked
from tests.training.test_convolutions import IMAGES, Images, Masked
from tests.training.test_dense_alone import Affine

SAMPLES = (30, 17, 24)  # minibatches of 8: the last are of 6, 1 and 8
SIGNALS = Cnn1d(channels=4, activation="tanh")
DEEP = DeepCnn(depth=3, channels=3, halvings=1)
SCALED = {
    "cnn5 mup": Cnn5(channels=3, parametrization="mup", base=2),
    "cnn5 ntk": Cnn5(channels=2, parametrization="ntk"),
    "resnet18 mup": Resnet18(channels=3, blocks=(1, 1), parametrization="mup", base=2),
    "deep_cnn mup": DeepCnn(depth=3, channels=3, parametrization="mup", base=2),
    "deep_cnn mup_adam": DeepCnn(depth=2, channels=3, parametrization="mup_adam", base=2),
}
TERMS = {
    "layer_norm": lambda n: (LayerNorm(epsilon=1e-4),),
    "weight_norm": lambda n: (WeightNorm(),),
    "preactivation": lambda n: (Dropout(rate=0.1 + 0.2 * n, at="preactivation"),),
    "all": lambda n: (
        BatchNorm(),
        LayerNorm(),
        WeightNorm(),
        Dropout(rate=0.1 + 0.1 * n, at="preactivation"),
        Dropout(rate=0.2),
    ),
}


class Convolved(nn.Module):
    """torch's convolution with multipliers."""

    def __init__(self, layer):
        super().__init__()
        self.weight, self.bias, self.steps = layer.weight, layer.bias, layer.steps
        self.gain, self.shift = layer.gain, layer.shift

    def forward(self, x):
        flat = self.weight.dim() == 3
        bias = None if self.bias is None else self.bias * self.shift
        convolved = nn.functional.conv1d if flat else nn.functional.conv2d
        return convolved(x, self.weight * self.gain, bias, self.steps.stride[1], self.steps.pad[1])


class Norm(_BatchNorm):
    """torch's batch normalization of signals and of images."""

    def _check_input_dim(self, x):
        pass


def normed(layer):
    """torch's own weight normalization of a plain layer with the directions of ours."""
    if isinstance(layer, nn.Linear):
        plain = nn.Linear(layer.in_features, layer.out_features).double()
        plain.load_state_dict({n: getattr(layer, n) for n in ("weight", "bias")})
    else:
        plain = Convolved(layer)
    return parametrizations.weight_norm(plain)


def multiplied(layer):
    if isinstance(layer, layers.Convolution):
        return Convolved(layer)
    other = Affine(layer).double()
    other.load_state_dict(layer.state_dict())
    return other


def replaced(layer):
    """torch's own layer in place of one of ddspec's; None of one that is torch's already."""
    if isinstance(layer, normalizations.WeightNormedConvolution | normalizations.WeightNormed):
        return normed(layer)
    if isinstance(layer, layers.Convolution | Scaled):
        return multiplied(layer)
    if isinstance(layer, layers.Dropout):
        return Masked(round(1 - 1 / float(layer.scale), 6), layer.layer)
    if isinstance(layer, normalizations.LayerNorm):
        return nn.GroupNorm(1, len(layer.weight), layer.epsilon).double()
    if isinstance(layer, layers.BatchNorm):
        return Norm(len(layer.weight), layer.epsilon, layer.momentum).double()
    return nn.MaxPool2d(layer.size) if isinstance(layer, layers.MaxPool) else None


def plain(one):
    """The network of a cell in torch's own layers, with the cell's first weights."""
    network = network_of(one)
    for name, layer in list(network.named_modules()):
        other = replaced(layer)
        if other is not None:
            above, _, own = name.rpartition(".")
            setattr(network.get_submodule(above), own, other)
    return network


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    monkeypatch.setattr(made, "plain_network", plain)
    monkeypatch.setattr(
        made, "pools", lambda dataset, _: IMAGES if isinstance(dataset, Images) else CLASSES
    )


def own(name):
    """Our name of what torch's weight normalization trains, of other weights theirs."""
    return name.replace("parametrizations.weight.original0", "length").replace(
        "parametrizations.weight.original1", "weight"
    )


def difference(run, network):
    theirs = {own(name): weight.detach() for name, weight in network.named_parameters()}
    assert theirs.keys() == run.weights.keys()
    return max(float((w - theirs[n].view(w.shape)).abs().max()) for n, w in run.weights.items())


def cells(net, terms):
    flat = isinstance(net, Cnn1d | Mlp)
    for n, samples in enumerate(SAMPLES):
        dataset = (data if flat else Images)(samples=samples, test=30, pool_size=60)
        optimizer = Sgd(lr=Constant(rate=0.02), momentum=0.9)
        yield cell(dataset, terms(n), descent(optimizer, 2), Seed(n, 2 * n, n), net)


def farthest(net, terms, count=3):
    ones = list(cells(net, terms))[:count]
    sgd = torch.optim.SGD
    loops = [plain_loop(one, lambda weights: sgd(weights, momentum=0.9)) for one in ones]
    return max(map(difference, stacked(ones), loops))


@pytest.mark.parametrize("net", SCALED)
def test_a_parametrized_network_equals_the_plain_loop(net):
    assert farthest(SCALED[net], lambda _: ()) < 1e-10


@pytest.mark.parametrize("terms", TERMS)
def test_signals_with_layers_of_a_composition_equal_the_plain_loop(terms):
    assert farthest(SIGNALS, TERMS[terms]) < 1e-10


@pytest.mark.parametrize("terms", ["layer_norm", "weight_norm", "all"])
def test_images_with_layers_of_a_composition_equal_the_plain_loop(terms):
    assert farthest(DEEP, TERMS[terms]) < 1e-10


def test_alone_as_well():
    assert farthest(SIGNALS, TERMS["layer_norm"], count=1) < 1e-10


@pytest.mark.parametrize("net", [SIGNALS, Mlp(hidden=(7, 5))], ids=["cnn1d", "mlp"])
def test_parametrizations_go_with_layers_of_a_composition(net):
    scaled = type(net)(**{**_fields(net), "parametrization": "mup", "base": 3})
    terms = (LayerNorm(), Dropout(rate=0.2, at="preactivation"))
    assert farthest(scaled, lambda _: terms) < 1e-10


def _fields(net):
    return {p.field: getattr(net, p.field) for p in net.parameters_of()}
