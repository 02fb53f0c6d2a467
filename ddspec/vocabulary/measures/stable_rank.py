"""`stable_rank`: how spread the singular values of the weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class StableRank(Measure):
    """|W|_F^2 / |W|_2^2 of a layer's weights; the mean over layers, or of one. NaN where the
    network has no such layer.

    Source: Rudelson & Vershynin, "Sampling from large matrices", 2007, section 1.
    Example: stable_rank()
    """

    layer: int | None = integer(
        "the layer, from 1; the mean over all of them unless said", default=None, at_least=1
    )

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import of_layers

        def rank(w: Tensor) -> Tensor:
            largest: Tensor = torch.linalg.matrix_norm(w, ord=2)
            return w.square().sum() / largest.square()

        return of_layers(model.weights, self.layer, rank)
