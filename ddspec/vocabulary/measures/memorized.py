"""`memorized`: the share of corrupted labels that a network has learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import USES, OfClasses
from ddspec.vocabulary.schema import choice

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Memorized(OfClasses):
    """Of the samples whose label was changed by label noise, the share that the network gives that
    changed label; NaN where none was changed.

    Source: Arpit et al., "A closer look at memorization in deep networks", 2017; Liu et al.,
    "Early-learning regularization prevents memorization of noisy labels", 2020, figure 1.
    Example: memorized()
    """

    of: str = choice("which samples", *USES, default="train")

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import labels

        noisy, clean = labels(model.targets), labels(model.clean)
        met = (outputs.argmax(dim=-1) == noisy).double()
        return torch.where(noisy != clean, met, torch.nan)
