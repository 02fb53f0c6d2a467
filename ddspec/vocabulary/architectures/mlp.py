"""`mlp`: a fully connected network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ddspec.vocabulary.dense import chain, chained, counted, misdrawn
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.parametrized import Parametrized
from ddspec.vocabulary.schema import (
    ACTIVATIONS,
    FIRST_WEIGHTS,
    choice,
    integers,
    number,
    numbers,
)

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws

IN_C = ("relu", "leaky_relu", "tanh", "sigmoid", "silu", "identity")  # C has no fast erf


@word
class Mlp(Parametrized):
    """A multilayer perceptron: affine, activation, ..., affine.

    `init: pytorch` draws weights and biases uniformly within 1/sqrt(fan in); all others set biases
    to zero. `he`, `lecun` and `xavier` draw weights from normal distributions of variance
    2 / fan in, 1 / fan in and 2 / (fan in + fan out), `he_uniform` and `xavier_uniform` from
    uniform ones of those variances, `gaussian` from N(0, std^2), and `orthogonal` takes orthonormal
    rows or columns. All are multiplied by `scale`, those of the last layer by `head` as well.

    `parametrization` multiplies what every layer computes by fixed factors, and what is drawn by
    their inverses, so that a step of one learning rate `lr` moves W, the weights as they act, by
    -lr c dL/dW under sgd. `standard`: c = 1. `ntk`: c = 1/fan in, and training of wide layers is
    that of a kernel. `mup`: c = r_out/r_in, biases r_out, where r = width/base for hidden layers
    and 1 for inputs and outputs. `mup_adam` is for adam, which then moves W by lr/r_in. In both
    the last layer starts smaller by sqrt(r); every layer's features move as much at any width, so
    that the best rate is about the same. A network of width `base` is the standard one. Scales and
    shifts of batch normalization stay standard.

    Source: He et al. 2015; Glorot & Bengio 2010; Saxe et al. 2014 (orthogonal). Jacot et al.,
    "Neural tangent kernel", 2018; Yang et al., "Tensor programs V", 2022, tables 3 and 8.
    Example: mlp(hidden: [width, width], activation: relu)
    """

    hidden: tuple[int, ...] = integers("sizes of the hidden layers", at_least=1)
    activation: str = choice("nonlinearity after each hidden layer", *ACTIVATIONS, default="relu")
    init: str = choice(
        "distribution of the first weights", *FIRST_WEIGHTS, "gaussian", default="pytorch"
    )
    std: float | None = number("deviation of `init: gaussian`", default=None, above=0)
    scale: float = number("factor of all first weights", default=1.0, above=0)
    head: float = number("factor of the last layer's first weights", default=1.0, at_least=0)
    scales: tuple[float, ...] = numbers(
        "a further factor of each layer's first weights, the first layer first",
        default=(),
        at_least=0,
    )

    @property
    def traits(self) -> frozenset[str]:  # type: ignore[override]  # a chain's own weights act
        own = {"feedforward", "own_weights"} if self.plain else set()
        return frozenset({"hidden_units", "successive", *own})

    @property
    def native(self) -> bool:
        return self.activation in IN_C and self.plain

    @property
    def layer_count(self) -> int:
        return len(self.hidden) + 1

    def unfit(self, shape: Shape) -> str:
        return misdrawn(self.init, self.std, self.scales, len(self.hidden) + 1)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return counted((math.prod(shape), *self.hidden, outputs), terms)

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        sizes = (math.prod(shape), *self.hidden, outputs)
        factors = chained(self.law, sizes)
        return chain(sizes, [self.activation] * len(self.hidden), terms, factors=factors)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.drawing import draw

        draw(
            module,
            self.init,
            draws,
            std=self.std or 1.0,
            scale=self.scale,
            head=self.head,
            scales=self.scales,
        )
