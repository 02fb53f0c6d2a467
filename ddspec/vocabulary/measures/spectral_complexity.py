"""`spectral_complexity`: the norm in the margin bound of Bartlett et al."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word
from ddspec.vocabulary.schema import choice

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class SpectralComplexity(Measure):
    """(prod over layers of |W|_2) (sum over layers of (|(W - M)^T|_{2,1} / |W|_2)^(2/3))^(3/2) for
    activations of slope at most 1; M: the weights before training, or zero.

    Source: Bartlett, Foster & Telgarsky, "Spectrally-normalized margin bounds for neural networks",
    2017, equation 1.2.
    Example: spectral_complexity()
    """

    reference: str = choice(
        "the weights that are subtracted: nothing, or those before training",
        "zero",
        "start",
        default="start",
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"weights"}) | ({"first"} if self.reference == "start" else set())

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import spectral_norms, unit_norms

        first = model.first if self.reference == "start" else None
        norms = spectral_norms(model.weights)
        shares = torch.stack(unit_norms(model.weights, first)) / norms
        return norms.prod() * shares.pow(2 / 3).sum().pow(3 / 2)
