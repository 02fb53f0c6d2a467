"""`polynomially_tailed`: a loss with a heavy tail."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Loss, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor


@word
class PolynomiallyTailed(Loss):
    """Of the margin z: 1 / (z - beta + 1)^alpha from beta on, and below it the logistic loss scaled
    to meet it, log(1 + exp(-z)) / log(1 + exp(-beta)). z is the output of the sample's class less
    the largest other one. Unlike losses with exponential tails it lets the weights of samples
    matter after interpolation.

    Source: Wang et al., "Is importance weighting incompatible with interpolating classifiers?",
    2022, section 3.
    Example: polynomially_tailed(alpha: 2)
    """

    needs_classes: ClassVar[bool] = True

    alpha: float = number("the power of the tail", default=1.0, above=0)
    beta: float = number("the margin at which the tail begins", default=1.0)

    def formula(self) -> str:
        return r"(z - <beta> + 1)^{-<alpha>} \quad (z \ge <beta>)"

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        import torch
        from torch.nn.functional import logsigmoid

        from ddspec.vocabulary.by_class import of_margins

        scale = max(-self.beta, 0) + math.log1p(math.exp(-abs(self.beta)))

        def loss(z: Tensor) -> Tensor:
            left = -logsigmoid(z) / scale
            tail = (z - self.beta).clamp(min=0) + 1  # kept from what has no power
            return torch.where(z < self.beta, left, tail**-self.alpha)

        return of_margins(outputs, targets, loss)
