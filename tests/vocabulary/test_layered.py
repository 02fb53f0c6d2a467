"""Rates of layers: what a layer is, and how many a network has before it is built."""

import pytest

from ddspec.vocabulary.architectures.autoencoder import Autoencoder
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.cnn5 import Cnn5
from ddspec.vocabulary.architectures.deep_cnn import DeepCnn
from ddspec.vocabulary.architectures.deep_linear import DeepLinear
from ddspec.vocabulary.architectures.fourier_features import FourierFeatures
from ddspec.vocabulary.architectures.gnn import Gnn
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.linearized import Linearized
from ddspec.vocabulary.architectures.low_rank import LowRank
from ddspec.vocabulary.architectures.lstm import Lstm
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.polynomial import Polynomial
from ddspec.vocabulary.architectures.quadratic import Quadratic
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.architectures.resnet18 import Resnet18
from ddspec.vocabulary.architectures.rnn import Rnn
from ddspec.vocabulary.architectures.transformer import Transformer
from ddspec.vocabulary.layered import layers_of
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.layer_norm import LayerNorm
from ddspec.vocabulary.regularizers.weight_norm import WeightNorm

FLAT, SIGNAL, IMAGE = (12,), (2, 11), (3, 9, 9)
NETS = [
    (Linear(bias=True), FLAT),
    (Mlp(hidden=(4, 3)), FLAT),
    (DeepLinear(depth=3, width=4), FLAT),
    (Autoencoder(code=2, hidden=(5,)), FLAT),
    (Quadratic(width=3), FLAT),
    (Polynomial(degree=2), FLAT),
    (RandomFeatures(features=5), FLAT),
    (FourierFeatures(frequencies=5, bandwidth=1.0), FLAT),
    (Gnn(hidden=(4, 5), features=6), (1,)),
    (Rnn(units=3, layers=2), SIGNAL),
    (Lstm(units=3), SIGNAL),
    (Cnn1d(channels=3), SIGNAL),
    (Cnn5(channels=2), IMAGE),
    (DeepCnn(depth=4, channels=2, halvings=1), IMAGE),
    (Resnet18(channels=2), IMAGE),
    (Resnet18(channels=2, blocks=(3, 1), last_norm=True), IMAGE),
    (LowRank(net=Mlp(hidden=(4,)), rank=2), FLAT),
    (LowRank(net=Resnet18(channels=2, blocks=(1, 1)), rank=2), IMAGE),
    (Linearized(net=Mlp(hidden=(4,))), FLAT),
]


def counted(net, shape, terms=()):
    network = net.build(shape, 12, terms)
    places = layers_of({name: weight.dim() for name, weight in network.named_parameters()})
    return max(places.values()) + 1


@pytest.mark.parametrize(("net", "shape"), NETS, ids=lambda value: str(value)[:40])
def test_layers_are_counted_as_they_are_built(net, shape):
    assert net.layer_count == counted(net, shape)


@pytest.mark.parametrize(("net", "shape"), [NETS[1], NETS[11], NETS[13]], ids=str)
def test_what_compositions_add_belongs_to_the_layer_before(net, shape):
    assert counted(net, shape, (BatchNorm(), LayerNorm(), WeightNorm())) == net.layer_count


def test_attention_is_counted_once_it_is_built():
    assert Transformer(d_model=8).layer_count is None
    assert LowRank(net=Transformer(d_model=8), rank=2).layer_count is None
