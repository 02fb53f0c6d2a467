"""`rnn`: a simple recurrent network over a sequence of vectors."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.layer_sizes import recurrent_parameters
from ddspec.vocabulary.parametrized import Parametrized
from ddspec.vocabulary.schema import FIRST_WEIGHTS, choice, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws

UNITS = 256  # so many of a stack in all are fastest on a processor


@word
class Rnn(Parametrized):
    """h_t = activation(W x_t + U h_{t-1} + b), h_0 = 0, over the steps of a sequence, in `layers`
    layers one after the other; an affine layer of the last state. A signal is a sequence of its
    channels.

    torch's RNN has a second bias, for the same functions. `init: pytorch` draws all weights of a
    layer uniformly within 1/sqrt(units). Dropout `at: hidden` acts on the states that a layer puts
    out, not on those it keeps.

    `parametrization` and `base` are explained by `mlp`. W of the first layer is one of inputs, any
    other W and U are hidden, of as many units: a weight that acts at every step scales as one that
    acts once. Under `mup` the first W and, of `init: pytorch`, all b are drawn as at the base
    width.

    Source: Elman, "Finding structure in time", 1990. Alemohammad et al., "The recurrent neural
    tangent kernel", 2021 (`ntk`); Yang & Hu, "Feature learning in infinite-width neural networks",
    2021, and Yang et al., "Tensor programs V", 2022, table 8 (`mup`).
    Example: rnn(units: width)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units", "recurrent"})
    least_shape: ClassVar[Shape] = (1, 1)

    units: int = integer("numbers in a state", at_least=1, unit="units")
    layers: int = integer("recurrent layers", default=1, at_least=1, at_most=10_000)
    activation: str = choice("nonlinearity", "tanh", "relu", default="tanh")
    init: str = choice("distribution of the first weights", *FIRST_WEIGHTS, default="pytorch")

    @property
    def layer_count(self) -> int:
        return 2 * self.layers + 1

    def together(self, device: str) -> int | None:
        return max(1, min(32, UNITS // self.units)) if device == "cpu" else None

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        kept = recurrent_parameters(shape[0], self.units, self.layers)
        return kept + (self.units + 1) * outputs

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        each = self.units * (shape[0] + self.units * (2 * self.layers - 1))
        return each * shape[1] + self.units * outputs

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from ddspec.vocabulary.recurrence import Recurrent, recurrent_network

        sizes = (shape[0], *[self.units] * self.layers, outputs)
        layer = functools.partial(Recurrent, relu=self.activation == "relu")
        return recurrent_network(sizes, layer, (self.law, self.init), terms)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.recurrence import draw_recurrent

        draw_recurrent(module, self.init, draws, self.law)
