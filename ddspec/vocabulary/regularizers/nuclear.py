"""`nuclear`: a penalty on the sums of singular values of the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor


@word
class Nuclear(Regularizer):
    """Adds strength sum_l sum_i s_i(W_l), the sum of the singular values of every weight matrix,
    which favors low rank. A kernel of a convolution counts as a matrix of (channels out) rows;
    biases and scales do not count. Its slope is U V', where W = U S V'.

    Source: Fazel, "Matrix rank minimization with applications", 2002; Recht, Fazel & Parrilo, 2010.
    Example: nuclear(1e-3)
    """

    acts: ClassVar[Literal["model-dependent"]] = "model-dependent"
    scaled: ClassVar[str] = "strength"
    strength_field: ClassVar[str] = "strength"

    strength: float = number("strength of the penalty", at_least=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def neutral(self) -> bool:
        return bool(self.strength == 0)

    def formula(self) -> str:
        return r"<strength> \sum_l \lVert W_l \rVert_*"

    def penalty(self, weights: list[Tensor]) -> Tensor:
        import torch

        sums = [torch.linalg.svdvals(w.flatten(1)).sum() for w in weights if w.dim() > 1]
        return self.strength * torch.stack(sums).sum()
