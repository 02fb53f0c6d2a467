"""`l1`: the L1 penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor


@word
class L1(Regularizer):
    """Adds strength |w|_1 over all trained parameters (subgradient 0 at 0).

    Source: Tibshirani, "Regression shrinkage and selection via the lasso", 1996.
    Example: l1(1e-4)
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
        return r"<strength> \lVert w \rVert_1"

    def penalty(self, weights: list[Tensor]) -> Tensor:
        import torch

        return self.strength * torch.stack([w.abs().sum() for w in weights]).sum()
