"""`cross_entropy`: the negative log-likelihood of the softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Loss, word

if TYPE_CHECKING:
    from torch import Tensor


@word
class CrossEntropy(Loss):
    """-log softmax(outputs)[target], in nats; of a distribution over classes its mean, and of a
    class a token the mean over the tokens.

    Source: Bishop, "Pattern recognition and machine learning", 2006, equation 4.108.
    Example: cross_entropy
    """

    needs_classes: ClassVar[bool] = True
    native: ClassVar[bool] = True

    def formula(self) -> str:
        return r"-\log \mathrm{softmax}(f(x))_y"

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if targets.dim() == 1:
            return _of_classes(outputs, targets)
        if targets.is_floating_point():
            return _of_shares(outputs, targets)
        tokens = outputs.reshape(*targets.shape, -1)
        there = targets >= 0
        losses = _of_classes(tokens, targets.clamp(min=0)) * there
        return losses.sum(dim=-1) / there.sum(dim=-1).clamp(min=1)


def _of_classes(outputs: Tensor, targets: Tensor) -> Tensor:
    """For outputs (..., classes) and targets (...)."""
    # Spelled out: torch's log_softmax takes ten times as long over a few classes.
    shifted = outputs - outputs.amax(dim=-1, keepdim=True).detach()
    chosen = shifted.gather(-1, targets[..., None])[..., 0]
    return shifted.exp().sum(dim=-1).log() - chosen


def _of_shares(outputs: Tensor, shares: Tensor) -> Tensor:
    """For outputs and shares of the classes, (n, classes)."""
    shifted = outputs - outputs.amax(dim=-1, keepdim=True).detach()
    scale = shifted.exp().sum(dim=-1, keepdim=True).log()
    return (shares * (scale - shifted)).sum(dim=-1)
