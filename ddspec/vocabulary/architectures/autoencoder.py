"""`autoencoder`: a network through a bottleneck, for data sets whose targets are the inputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.dense import chain, counted, misdrawn
from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.schema import (
    ACTIVATIONS,
    FIRST_WEIGHTS,
    choice,
    integer,
    integers,
    number,
)

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class Autoencoder(Architecture):
    """An encoder with layers `hidden` down to a code, then a decoder with the same layers in
    reverse: inputs, hidden, code, reversed hidden, outputs.

    Every hidden layer has an activation, the code and the outputs have none: with no hidden layers,
    or with `activation: identity`, it is a linear autoencoder, whose best error is that of the
    principal components. Dropout and normalization act on every layer between inputs and outputs,
    the code among them. `init` is explained by `mlp`.

    Source: Hinton & Salakhutdinov, "Reducing the dimensionality of data with neural networks",
    2006; Baldi & Hornik 1989 (linear).
    Example: autoencoder(code: 5, hidden: [width])
    """

    traits: ClassVar[frozenset[str]] = frozenset(
        {"hidden_units", "feedforward", "successive", "own_weights"}
    )

    code: int = integer("units of the code", at_least=1, unit="units")
    hidden: tuple[int, ...] = integers(
        "sizes of the encoder's hidden layers", default=(), at_least=1
    )
    activation: str = choice("nonlinearity after each hidden layer", *ACTIVATIONS, default="relu")
    init: str = choice(
        "distribution of the first weights", *FIRST_WEIGHTS, "gaussian", default="pytorch"
    )
    std: float | None = number("deviation of `init: gaussian`", default=None, above=0)

    @property
    def layer_count(self) -> int:
        return 2 * len(self.hidden) + 2

    def unfit(self, shape: Shape) -> str:
        return misdrawn(self.init, self.std)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return counted(self._sizes(shape, outputs), terms)

    def _sizes(self, shape: Shape, outputs: int) -> tuple[int, ...]:
        return (math.prod(shape), *self.hidden, self.code, *reversed(self.hidden), outputs)

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        hidden = [self.activation] * len(self.hidden)
        return chain(self._sizes(shape, outputs), [*hidden, "identity", *hidden], terms)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.drawing import draw

        draw(module, self.init, draws, std=self.std or 1.0)
