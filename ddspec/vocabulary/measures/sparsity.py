"""`sparsity`: the share of weights that are zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Sparsity(Measure):
    """The share of trained parameters of magnitude at most `threshold`.

    Source: Han et al., "Learning both weights and connections for efficient neural networks", 2015.
    Example: sparsity(threshold: 1e-3)
    """

    threshold: float = number("the largest magnitude that counts as zero", default=0.0, at_least=0)

    def value(self, model: Observed) -> Tensor:
        from ddspec.vocabulary.measuring import joined

        return (joined(model.weights).abs() <= self.threshold).double().mean()
