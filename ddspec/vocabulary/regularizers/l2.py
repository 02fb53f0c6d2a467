"""`l2`: the L2 penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor


@word
class L2(Regularizer):
    """Adds (strength / 2) |w|^2 over all trained parameters; equals PyTorch weight_decay under
    plain sgd.

    Source: Krogh & Hertz, "A simple weight decay can improve generalization", 1991.
    Example: l2(1e-4)
    """

    acts: ClassVar[Literal["model-dependent"]] = "model-dependent"
    scaled: ClassVar[str] = "strength"
    strength_field: ClassVar[str] = "strength"
    separable: ClassVar[bool] = True
    native: ClassVar[bool] = True

    strength: float = number("strength of the penalty", at_least=0, stacked=True)

    @property
    def neutral(self) -> bool:
        return bool(self.strength == 0)

    def formula(self) -> str:
        return r"\frac{<strength>}{2} \lVert w \rVert_2^2"

    def penalty(self, weights: list[Tensor]) -> Tensor:
        import torch

        return self.strength / 2 * torch.stack([w.square().sum() for w in weights]).sum()
