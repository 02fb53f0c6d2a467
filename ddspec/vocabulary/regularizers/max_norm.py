"""`max_norm`: the incoming weights of every unit kept within a ball."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Taken, Tensors


@word
class MaxNorm(Regularizer):
    """After every step scales the incoming weights w of each unit of every layer, those of each
    channel of a convolution, to |w| <= bound: w <- w min(1, bound / |w|). Biases are left alone.

    Source: Srivastava et al., "Dropout", JMLR 2014, section 5.1 (there for hidden units).
    Example: max_norm(3)
    """

    acts: ClassVar[Literal["model-dependent"]] = "model-dependent"
    strength_field: ClassVar[str] = "bound"
    rank: ClassVar[int] = 130

    bound: float = number("largest norm of a unit's incoming weights", above=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    def settle(self, taken: Taken) -> tuple[Tensors, Tensors]:
        return {name: self._within(weight) for name, weight in taken.after.items()}, taken.held

    def _within(self, weight: Tensor) -> Tensor:
        if weight.dim() < 2:  # noqa: PLR2004 - biases and scales
            return weight
        import torch

        norm = torch.linalg.vector_norm(weight.flatten(1), dim=1)
        share: Tensor = (self.bound / norm.clamp(min=1e-30)).clamp(max=1)
        shape = (-1, *(1 for _ in weight.shape[1:]))
        return weight * share.view(shape).to(weight.dtype)
