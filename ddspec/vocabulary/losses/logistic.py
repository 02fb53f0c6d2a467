"""`logistic`: the logistic loss of every class against the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Loss, word

if TYPE_CHECKING:
    from torch import Tensor


@word
class Logistic(Loss):
    """log(1 + exp(-s x)) averaged over outputs x, with s = 1 for the sample's class and -1 for the
    others: one classifier a class. One output for two classes is the binary logistic loss.

    Source: Rifkin & Klautau, "In defense of one-vs-all classification", 2004.
    Example: logistic
    """

    needs_classes: ClassVar[bool] = True

    def formula(self) -> str:
        return r"\frac{1}{k} \sum_c \log(1 + e^{-s_c f(x)_c})"

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import logsigmoid

        from ddspec.vocabulary.by_class import shares

        wanted = shares(outputs, targets)
        losses = wanted * logsigmoid(outputs) + (1 - wanted) * logsigmoid(-outputs)
        return -losses.mean(dim=-1)
