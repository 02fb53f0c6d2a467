"""`cross_entropy`: the negative log-likelihood of the softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Loss, word

if TYPE_CHECKING:
    from torch import Tensor


@word
class CrossEntropy(Loss):
    """-log softmax(outputs)[target], in nats.

    Source: Bishop, "Pattern recognition and machine learning", 2006, equation 4.108.
    Example: cross_entropy
    """

    needs_classes: ClassVar[bool] = True
    native: ClassVar[bool] = True

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        # Spelled out: torch's log_softmax takes ten times as long over a few classes.
        shifted = outputs - outputs.amax(dim=-1, keepdim=True).detach()
        chosen = shifted.gather(-1, targets[:, None])[:, 0]
        return shifted.exp().sum(dim=-1).log() - chosen
