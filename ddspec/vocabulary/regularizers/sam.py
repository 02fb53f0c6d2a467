"""`sam`: sharpness-aware minimization."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor


@word
class Sam(Regularizer):
    """Follows the gradient at w + radius g / |g|, where g is the gradient at w, both of the same
    minibatch, dropped units and penalties: a step on max L(w + e) over |e| <= radius, to first
    order. Running averages of batch normalization see the pass at w only.

    Source: Foret et al., "Sharpness-aware minimization for efficiently improving generalization",
    2021, algorithm 1.
    Example: sam(0.05)
    """

    acts: ClassVar[Literal["trajectory"]] = "trajectory"
    strength_field: ClassVar[str] = "radius"
    rank: ClassVar[int] = 100

    radius: float = number("how far it looks", at_least=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def neutral(self) -> bool:
        return bool(self.radius == 0)

    def slope(self, at: Callable[[Tensor], Tensor], weights: Tensor, key: Tensor) -> Tensor:
        import torch

        gradient = at(weights)
        reach = self.radius / (torch.linalg.vector_norm(gradient) + 1e-12)
        return at(weights + reach.to(weights.dtype) * gradient)
