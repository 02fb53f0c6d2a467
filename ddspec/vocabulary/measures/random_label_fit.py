"""`random_label_fit`: how well random labels are fitted, an estimate of Rademacher complexity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfOutputs
from ddspec.vocabulary.schema import choice

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class RandomLabelFit(OfOutputs):
    """1 - k/(k - 1) error, of k classes, at labels that say nothing about inputs: 1 where all are
    fitted, 0 on average where training did not see them (`of: validation`).

    Of two classes, labels s_i = 1 or -1 and answers h(x_i), it is 1/n sum_i s_i h(x_i). The mean
    over s of its largest value over all networks h is their empirical Rademacher complexity.
    Training need not find the largest, so the mean over `seed.data`, which draws labels anew, is
    an estimate from below; where a seed also draws training samples anew, of the mean over those.
    Of more classes it is the same with s_i and h(x_i) corners of a regular simplex, whose products
    are 1 or -1/(k - 1). It needs `label_noise: uniform(100%)` and samples that count alike.
    `rademacher` is of the last layer alone, and in closed form.

    Source: Zhang et al., "Understanding deep learning requires rethinking generalization", 2017,
    section 2.2; Koltchinskii, "Rademacher penalties and structural risk minimization", 2001;
    Brennan & Prediger, "Coefficient kappa: some uses, misuses, and alternatives", 1981 (k classes).
    Example: random_label_fit()
    """

    of: str = choice("which samples", "train", "validation", default="train")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"classes", "random_labels"})

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        from ddspec.vocabulary.measuring import missed

        return missed(outputs, model.targets)

    def total(self, model: Observed, each: Tensor) -> Tensor:
        assert model.classes is not None
        share: Tensor = super().total(model, each)
        return 1 - share * model.classes / (model.classes - 1)
