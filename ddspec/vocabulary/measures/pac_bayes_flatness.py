"""`pac_bayes_flatness`: how much noise the weights bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples
from ddspec.vocabulary.schema import flag, integer, number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class PacBayesFlatness(OfSamples):
    """The largest standard deviation s for which normal noise on all weights, w + s u, raises the
    error on the samples by at most `rise` on average over `draws` draws of u; with `relative`,
    noise on each weight in proportion to it, w + s |w| u. Between 2^-20 and 2^4, by bisection of
    its logarithm to 1 %.

    Source: Neyshabur et al., "Exploring generalization in deep learning", 2017, section 3; Jiang et
    al., "Fantastic generalization measures and where to find them", 2020, appendix C.4.
    Example: pac_bayes_flatness(rise: 10%, draws: 10)
    """

    rise: float = number("the increase of the error that is borne", default=0.1, above=0, below=1)
    draws: int = integer("draws of noise", default=10, at_least=1)
    relative: bool = flag("whether noise is in proportion to each weight", default=False)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"labels", "weights", "network"})

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.counters import normal, stream
        from ddspec.vocabulary.measuring import joined, noisy_error

        weights = joined(model.weights)
        place = stream("pac_bayes_flatness")
        noise = normal(model.key, place, self.draws, len(weights)).to(weights.dtype)
        noise = noise * weights.abs() if self.relative else noise
        borne = noisy_error(model, noise[:1] * 0) + self.rise
        low, high = (torch.full_like(borne, bound) for bound in (-20.0, 4.0))
        for _ in range(11):  # 24 / 2^11 is log2 of 1.008
            middle = (low + high) / 2
            met = noisy_error(model, noise * middle.exp2().to(noise.dtype)) <= borne
            low, high = torch.where(met, middle, low), torch.where(met, high, middle)
        return low.exp2()
