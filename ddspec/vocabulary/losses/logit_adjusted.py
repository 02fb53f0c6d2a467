"""`logit_adjusted`: cross-entropy that expects classes to be as frequent as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Loss, word
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.schema import number, numbers

if TYPE_CHECKING:
    from torch import Tensor


@word
class LogitAdjusted(Loss):
    """Cross-entropy of x_c + tau log(p_c), x_c the output and p_c the share of class c in training.

    Source: Menon et al., "Long-tail learning via logit adjustment", 2021, equation 10.
    Example: logit_adjusted(priors: [0.9, 0.1])
    """

    needs_classes: ClassVar[bool] = True

    priors: tuple[float, ...] = numbers("the share of each class in training", above=0)
    tau: float = number("how much is adjusted", default=1.0, at_least=0)

    @property
    def per_class(self) -> dict[str, tuple[float, ...]]:
        return {"priors": self.priors}

    def formula(self) -> str:
        return r"-\log \mathrm{softmax}(f(x) + <tau> \log p)_y"

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        priors = outputs.new_tensor(self.priors)
        shift = self.tau * (priors / priors.sum()).log()
        return CrossEntropy().each(outputs + shift, targets)
