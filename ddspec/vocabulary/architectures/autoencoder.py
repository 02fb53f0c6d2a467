"""`autoencoder`: a network through a bottleneck, for data sets whose targets are the inputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ddspec.vocabulary.dense import Factors, chain, counted, misdrawn
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.parametrized import Parametrized, factors
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
class Autoencoder(Parametrized):
    """An encoder with layers `hidden` down to a code, then a decoder with the same layers in
    reverse: inputs, hidden, code, reversed hidden, outputs.

    Every hidden layer has an activation, the code and the outputs have none: with no hidden layers,
    or with `activation: identity`, it is a linear autoencoder, whose best error is that of the
    principal components. Dropout and normalization act on every layer between inputs and outputs,
    the code among them. `init` is explained by `mlp`.

    So are `parametrization` and `base`. Under `mup` a code between hidden layers counts as of a
    fixed size, like inputs and outputs: the layer into it is an output layer, one that starts
    smaller by sqrt(r), the layer out of it one of inputs. (A wide network then begins near a saddle
    point, which it leaves at the same pace at any width.) Where the code grows with the hidden
    layers, `code_base` is the code of the network of width `base`, and both layers are hidden ones.
    Without hidden layers the code is the width. First weights are as large as `init` makes them at
    the base width, but for those powers of r.

    Source: Hinton & Salakhutdinov, "Reducing the dimensionality of data with neural networks",
    2006; Baldi & Hornik 1989 (linear). Jacot et al., "Neural tangent kernel", 2018 (`ntk`); Yang et
    al., "Tensor programs V", 2022, table 8, whose finite dimensions a fixed code is one of (`mup`).
    Example: autoencoder(code: 5, hidden: [width])
    """

    code: int = integer("units of the code", at_least=1, unit="units")
    hidden: tuple[int, ...] = integers(
        "sizes of the encoder's hidden layers", default=(), at_least=1
    )
    activation: str = choice("nonlinearity after each hidden layer", *ACTIVATIONS, default="relu")
    init: str = choice(
        "distribution of the first weights", *FIRST_WEIGHTS, "gaussian", default="pytorch"
    )
    std: float | None = number("deviation of `init: gaussian`", default=None, above=0)

    code_base: int | None = integer(
        "code at which `mup` is standard, where it grows with `hidden`",
        default=None,
        at_least=1,
        unit="units",
    )

    @property
    def traits(self) -> frozenset[str]:  # type: ignore[override]  # a chain's own weights act
        own = {"feedforward", "own_weights"} if self.plain else set()
        return frozenset({"hidden_units", "successive", *own})

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
        sizes, names = self._sizes(shape, outputs), [*hidden, "identity", *hidden]
        return chain(sizes, names, terms, factors=self._factors(sizes))

    def _factors(self, sizes: tuple[int, ...]) -> tuple[Factors | None, ...]:
        """Those of every layer: of encoder and decoder apart, or of a code that is a width."""
        place, law = len(self.hidden) + 1, self.law
        if law[0] == "ntk" or not self.hidden:
            return factors(law, sizes, self.init)
        if self.code_base is None:
            parts = (sizes[: place + 1], sizes[place:])
            return tuple(own for part in parts for own in factors(law, part, self.init))
        code = self.code * self.base / self.code_base
        return factors(law, (*sizes[:place], code, *sizes[place + 1 :]), self.init)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.drawing import draw

        draw(module, self.init, draws, std=self.std or 1.0)
