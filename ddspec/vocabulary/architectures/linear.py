"""`linear`: a linear function of the inputs, or of the first few of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.schema import flag, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class Linear(Architecture):
    """A linear function of the first `features` inputs; without `features`, of all of them.

    Weights start at zero: nothing is drawn.
    Seeing fewer inputs than generate the data is the misspecified model of Belkin, Hsu & Xu.

    Source: Belkin, Hsu & Xu, "Two models of double descent for weak features", 2020.
    Example: linear(features: 20)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"linear_in_parameters", "feedforward"})
    random: ClassVar[bool] = False

    features: int | None = integer(
        "how many of the inputs it sees", default=None, at_least=1, unit="features"
    )
    bias: bool = flag("whether to add a constant", default=False)

    @property
    def layer_count(self) -> int:
        return 1

    @property
    def least_inputs(self) -> int:
        return self.features or 1

    @property
    def nests(self) -> str | None:
        return None if self.bias else "features"

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return (self._seen(shape) + self.bias) * outputs

    def _seen(self, shape: Shape) -> int:
        return self.features or math.prod(shape)

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.layers import FirstInputs, affine, dropout_at

        layers = dropout_at("input", terms, 0)
        if self.features is not None:
            layers.append(FirstInputs(self.features))
        layers.append(affine(self._seen(shape), outputs, bias=self.bias))
        return nn.Sequential(*layers)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from torch import nn

        for parameter in module.parameters():
            nn.init.zeros_(parameter)
