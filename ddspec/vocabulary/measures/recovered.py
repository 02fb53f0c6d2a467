"""`recovered`: the share of corrupted labels that a network corrects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import USES, OfClasses
from ddspec.vocabulary.schema import choice

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Recovered(OfClasses):
    """Of the samples whose label was changed by label noise, the share that the network gives the
    label they had before; NaN where none was changed.

    Source: Liu et al., "Early-learning regularization prevents memorization of noisy labels", 2020,
    figure 1.
    Example: recovered()
    """

    of: str = choice("which samples", *USES, default="train")

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import labels

        noisy, clean = labels(model.targets), labels(model.clean)
        met = (outputs.argmax(dim=-1) == clean).double()
        return torch.where(noisy != clean, met, torch.nan)
