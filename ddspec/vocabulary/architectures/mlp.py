"""`mlp`: a fully connected network."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm as BatchNormWord
from ddspec.vocabulary.schema import ACTIVATIONS, FIRST_WEIGHTS, choice, integers

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class Mlp(Architecture):
    """A multilayer perceptron: affine, activation, ..., affine.

    `init: pytorch` draws weights and biases uniformly within 1/sqrt(fan in); `he` and `xavier`
    draw weights from He's and Glorot's normal distributions and set biases to zero.

    Source: He et al. 2015; Glorot & Bengio 2010.
    Example: mlp(hidden: [width, width], activation: relu)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units"})

    hidden: tuple[int, ...] = integers("sizes of the hidden layers", at_least=1)
    activation: str = choice("nonlinearity after each hidden layer", *ACTIVATIONS, default="relu")
    init: str = choice("distribution of the first weights", *FIRST_WEIGHTS, default="pytorch")

    @property
    def native(self) -> bool:
        return self.activation != "gelu"  # C has no fast erf

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        sizes = (math.prod(shape), *self.hidden, outputs)
        weights = sum(a * b for a, b in itertools.pairwise(sizes))
        # a normalized layer has a scale and a shift in place of its bias
        hidden = sum(self.hidden) * (2 if BatchNormWord.among(terms) else 1)
        return weights + hidden + outputs

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.layers import BatchNorm, activation, affine, dropout_at

        layers = dropout_at("input", terms, 0)
        norm = BatchNormWord.among(terms)
        sizes = (math.prod(shape), *self.hidden)
        for number, (before, size) in enumerate(itertools.pairwise(sizes), start=1):
            layers.append(affine(before, size, bias=norm is None))
            if norm is not None:
                layers.append(BatchNorm(size, norm.momentum, norm.epsilon))
            layers += [activation(self.activation), *dropout_at("hidden", terms, number)]
        layers += dropout_at("head", terms, len(sizes))
        return nn.Sequential(*layers, affine(sizes[-1], outputs))

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.layers import draw

        draw(module, self.init, draws)
