"""`spectral_norm`: a penalty on the largest singular values of the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor


@word
class SpectralNorm(Regularizer):
    """Adds (strength / 2) sum_l s_1(W_l)^2 over the weight matrices, s_1 the largest singular
    value, computed exactly. A kernel of a convolution counts as a matrix of (channels out) rows;
    biases and scales do not count.

    Source: Yoshida & Miyato, "Spectral norm regularization for improving the generalizability of
    deep learning", 2017, equation 3.
    Example: spectral_norm(1e-2)
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
        return r"\frac{<strength>}{2} \sum_l \sigma_1(W_l)^2"

    def penalty(self, weights: list[Tensor]) -> Tensor:
        import torch

        largest = [torch.linalg.svdvals(w.flatten(1))[0] for w in weights if w.dim() > 1]
        return self.strength / 2 * torch.stack(largest).square().sum()
