"""`margin`: a percentile of the output margins, over a norm of the network if asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import USES, OfClasses
from ddspec.vocabulary.schema import choice, number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Margin(OfClasses):
    """A percentile, over samples, of f(x)[y] - max over j != y of f(x)[j], over a norm of the
    network: `norm`, |w|_2 of all weights; `frobenius`, `spectral`, the product over layers of
    |W|_F or |W|_2; `complexity`, `spectral_complexity()`.

    Source: Bartlett, Foster & Telgarsky, "Spectrally-normalized margin bounds for neural networks",
    2017, section 2; Jiang et al., "Fantastic generalization measures and where to find them", 2020.
    Example: margin(percentile: 10%, over: spectral)
    """

    of: str = choice("which samples", *USES, default="train")
    percentile: float = number(
        "the share of samples with a smaller margin", default=0.1, at_least=0, at_most=1
    )
    over: str = choice(
        "the norm that margins are divided by",
        "one",
        "norm",
        "frobenius",
        "spectral",
        "complexity",
        default="one",
    )

    @property
    def needs(self) -> frozenset[str]:
        if self.over == "complexity":
            return frozenset({"classes", "weights", "first"})
        return frozenset({"classes"}) | ({"weights"} if self.over != "one" else set())

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import labels

        label = labels(model.targets)[:, None]
        right = outputs.gather(-1, label)
        others = outputs.scatter(-1, label, torch.full_like(right, -torch.inf))
        return right[:, 0] - others.amax(dim=-1)

    def total(self, model: Observed, each: Tensor) -> Tensor:
        from ddspec.vocabulary.measuring import percentile

        return percentile(each, self.percentile) / self._norm(model)

    def _norm(self, model: Observed) -> Tensor | float:
        import torch

        from ddspec.vocabulary.measures.spectral_complexity import SpectralComplexity
        from ddspec.vocabulary.measuring import joined, length, matrices, spectral_norms

        if self.over == "one":
            return 1.0
        if self.over == "norm":
            return length(joined(model.weights))
        if self.over == "complexity":
            return SpectralComplexity().value(model)
        if self.over == "spectral":
            return spectral_norms(model.weights).prod()
        return torch.stack([torch.linalg.matrix_norm(w) for w in matrices(model.weights)]).prod()
