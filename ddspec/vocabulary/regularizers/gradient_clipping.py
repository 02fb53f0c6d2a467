"""`gradient_clipping`: gradients of a bounded norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor


@word
class GradientClipping(Regularizer):
    """Scales the gradient g of all parameters together, penalties included, to |g| <= norm:
    g min(1, norm / (|g| + 1e-6)), as torch's clip_grad_norm_.

    Source: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks",
    2013, algorithm 1.
    Example: gradient_clipping(1)
    """

    acts: ClassVar[Literal["trajectory"]] = "trajectory"
    strength_field: ClassVar[str] = "norm"
    rank: ClassVar[int] = 110

    norm: float = number("largest norm of a gradient", above=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    def slope(self, at: Callable[[Tensor], Tensor], weights: Tensor, key: Tensor) -> Tensor:
        import torch

        gradient = at(weights)
        share: Tensor = self.norm / (torch.linalg.vector_norm(gradient) + 1e-6)
        return gradient * share.clamp(max=1).to(gradient.dtype)
