"""`hinge`: the loss of the support vector machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Loss, word
from ddspec.vocabulary.schema import flag, number

if TYPE_CHECKING:
    from torch import Tensor


@word
class Hinge(Loss):
    """max(0, margin - z), z the output of the sample's class less the largest other one; with two
    classes the hinge of their difference. `squared: true` squares it.

    Source: Crammer & Singer, "On the algorithmic implementation of multiclass kernel-based vector
    machines", 2001.
    Example: hinge
    """

    needs_classes: ClassVar[bool] = True

    margin: float = number("the margin from which on the loss is zero", default=1.0, above=0)
    squared: bool = flag("whether the loss is squared", default=False)

    def formula(self) -> str:
        short = r"\max(0, <margin> - z)"
        return f"{short}^2" if self.squared else short

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        from ddspec.vocabulary.by_class import of_margins

        def loss(z: Tensor) -> Tensor:
            short = (self.margin - z).clamp(min=0)
            return short.square() if self.squared else short

        return of_margins(outputs, targets, loss)
