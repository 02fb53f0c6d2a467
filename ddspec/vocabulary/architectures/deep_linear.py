"""`deep_linear`: a product of matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ddspec.vocabulary.dense import chain, chained, counted, misdrawn
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.parametrized import Parametrized
from ddspec.vocabulary.schema import FIRST_WEIGHTS, choice, flag, integer, number, numbers

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class DeepLinear(Parametrized):
    """A deep linear network W_L ... W_2 W_1 x of L = `depth` matrices, `width` units between two.

    Its functions are linear, its training is not. First weights and parametrizations are those of
    `mlp`, which explains them; a depth of 1 is one drawn and trained matrix.

    Source: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks", 2014; Arora et al. 2019.
    Example: deep_linear(depth: 3, width: 64)
    """

    depth: int = integer("matrices", at_least=1, at_most=10_000, unit="layers")
    width: int = integer("units between two matrices", at_least=1, unit="units")
    bias: bool = flag("whether layers add a constant", default=False)
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
    def traits(self) -> frozenset[str]:  # type: ignore[override]  # of what is asked for
        hidden = {"hidden_units"} if self.depth > 1 else set()
        own = {"feedforward", "own_weights"} if self.plain else set()
        return frozenset({"successive", *hidden, *own})

    @property
    def native(self) -> bool:
        return self.plain

    @property
    def layer_count(self) -> int:
        return self.depth

    def unfit(self, shape: Shape) -> str:
        return misdrawn(self.init, self.std, self.scales, self.depth)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return counted(self._sizes(shape, outputs), terms, bias=self.bias)

    def _sizes(self, shape: Shape, outputs: int) -> tuple[int, ...]:
        return (math.prod(shape), *([self.width] * (self.depth - 1)), outputs)

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        sizes, hidden = self._sizes(shape, outputs), ["identity"] * (self.depth - 1)
        factors = chained(self.law, sizes)
        return chain(sizes, hidden, terms, bias=self.bias, factors=factors)

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
