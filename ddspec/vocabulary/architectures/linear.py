"""`linear`: a linear function of the inputs, or of the first few of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, word
from ddspec.vocabulary.schema import flag, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class Linear(Architecture):
    """A linear function of the first `features` inputs; without `features`, of all of them.

    Seeing fewer inputs than generate the data is the misspecified model of Belkin, Hsu & Xu.

    Source: Belkin, Hsu & Xu, "Two models of double descent for weak features", 2020.
    Example: linear(features: 20)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"linear_in_parameters"})
    random: ClassVar[bool] = False

    features: int | None = integer(
        "how many of the inputs it sees", default=None, at_least=1, unit="features"
    )
    bias: bool = flag("whether to add a constant", default=False)

    def parameters(self, inputs: int, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        raise NotImplementedError

    def build(self, inputs: int, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        raise NotImplementedError

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        raise NotImplementedError
