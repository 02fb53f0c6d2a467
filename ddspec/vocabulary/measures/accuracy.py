"""`accuracy`: the share of labels that are met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfOutputs

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Accuracy(OfOutputs):
    """1 - error: the share of labels that the largest output meets, mean over samples.

    Source: Bishop, "Pattern recognition and machine learning", 2006, section 1.5.1.
    Example: accuracy(of: test)
    """

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"labels"})

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        from ddspec.vocabulary.measuring import missed

        return 1 - missed(outputs, model.targets)
