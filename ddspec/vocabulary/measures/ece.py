"""`ece`: the expected calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfClasses
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Ece(OfClasses):
    """sum over bins B of |B| / n |accuracy(B) - confidence(B)|: samples are put in `bins` equal
    intervals (a, b] by their confidence, the largest softmax output.

    Source: Guo et al., "On calibration of modern neural networks", 2017, equation 3.
    Example: ece(bins: 15)
    """

    bins: int = integer("intervals of confidence", default=15, at_least=1)

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import missed

        confidence = outputs.double().softmax(dim=-1).amax(dim=-1)
        return torch.stack([confidence, 1 - missed(outputs, model.targets)], dim=-1)

    def total(self, model: Observed, each: Tensor) -> Tensor:
        import torch

        confidence, correct = each.unbind(dim=-1)
        place = ((confidence * self.bins).ceil() - 1).clamp(0, self.bins - 1)
        inside = place[:, None] == torch.arange(self.bins, device=each.device)
        gaps = (inside * (model.counts * (correct - confidence))[:, None]).sum(0)
        return gaps.abs().sum() / model.counts.sum()
