"""`error`: the share of labels not met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfOutputs

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Error(OfOutputs):
    """The share of labels that the largest output does not meet, mean over samples; of tokens, the
    share of a sample's.

    Source: Hastie, Tibshirani & Friedman, "The elements of statistical learning", 2009, eq. 7.6.
    Example: error(of: test, samples: 1_000)
    """

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"labels"})

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        from ddspec.vocabulary.measuring import missed

        return missed(outputs, model.targets)
