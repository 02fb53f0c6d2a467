"""`l21`: the sum of the norms of units' weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word
from ddspec.vocabulary.schema import choice

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class L21(Measure):
    """sum over layers of |(W - M)^T|_{2,1}, the sum over a layer's units of the Euclidean norm of
    their incoming weights; M: zero, or the weights before training.

    Source: Bartlett, Foster & Telgarsky, "Spectrally-normalized margin bounds for neural networks",
    2017, section 1.
    Example: l21(reference: start)
    """

    reference: str = choice(
        "the weights that are subtracted: nothing, or those before training",
        "zero",
        "start",
        default="zero",
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"weights"}) | ({"first"} if self.reference == "start" else set())

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import unit_norms

        first = model.first if self.reference == "start" else None
        return torch.stack(unit_norms(model.weights, first)).sum()
