"""`gradient_norm`: the norm of the gradient of the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class GradientNorm(OfSamples):
    """|dL/dw|_2, L the mean loss of the samples in evaluation, penalties left out.

    Source: Nesterov, "Introductory lectures on convex optimization", 2004, section 1.2.3.
    Example: gradient_norm(of: train)
    """

    def value(self, model: Observed) -> Tensor:
        from ddspec.vocabulary.measuring import joined, length, loss_slope

        return length(joined(loss_slope(model, model.weights)))
