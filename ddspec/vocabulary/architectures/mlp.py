"""`mlp`: a fully connected network."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, word
from ddspec.vocabulary.schema import choice, integers

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
    activation: str = choice(
        "nonlinearity after each hidden layer",
        "relu", "leaky_relu", "tanh", "sigmoid", "gelu", "silu",
        default="relu",
    )  # fmt: skip
    init: str = choice("distribution of the first weights", "pytorch", "he", "xavier",
                       default="pytorch")  # fmt: skip

    def parameters(self, inputs: int, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        raise NotImplementedError

    def build(self, inputs: int, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        raise NotImplementedError

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        raise NotImplementedError
