"""`effective_rank`: how many singular values of the weights matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class EffectiveRank(Measure):
    """exp(-sum p log p), p the singular values of a layer's weights over their sum; the mean over
    layers, or of one. NaN where the network has no such layer.

    Source: Roy & Vetterli, "The effective rank: a measure of effective dimensionality", 2007.
    Example: effective_rank(layer: 1)
    """

    layer: int | None = integer(
        "the layer, from 1; the mean over all of them unless said", default=None, at_least=1
    )

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import entropy_rank, of_layers

        return of_layers(model.weights, self.layer, lambda w: entropy_rank(torch.linalg.svdvals(w)))
