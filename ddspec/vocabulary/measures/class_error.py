"""`class_error`: the share of one class's samples that are misclassified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfClasses
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class ClassError(OfClasses):
    """The share of the samples labeled with one class that are given another; NaN without any.

    Source: He & Garcia, "Learning from imbalanced data", 2009, section 4 (1 - recall).
    Example: class_error(class: 3)
    """

    label: int = integer("the class, from 0", name="class", at_least=0)

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import labels, missed

        of_class = labels(model.targets) == self.label
        return torch.where(of_class, missed(outputs, model.targets), torch.nan)
