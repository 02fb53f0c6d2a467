"""`weight_norm`: the Euclidean norm of the trained parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class WeightNorm(Measure):
    """|w|_2 over all trained parameters.

    Source: Neyshabur et al., "Exploring generalization in deep learning", 2017, section 2.
    Example: weight_norm()
    """

    def value(self, model: Observed) -> Tensor:
        import torch

        squares = [tensor.square().sum() for tensor in model.weights.values()]
        return torch.stack(squares).sum().sqrt()
