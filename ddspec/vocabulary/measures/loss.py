"""`loss`: the mean loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfOutputs

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Loss(OfOutputs):
    """The loss that is trained with, mean over samples, penalties left out.

    Source: Vapnik, "The nature of statistical learning theory", 1995, section 1.4 (empirical risk).
    Example: loss(of: train, samples: 1_000)
    """

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        return model.loss(outputs, model.targets).double()
