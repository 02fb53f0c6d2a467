"""`importance_weights`: training samples that count by their class or group."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, Transform, word
from ddspec.vocabulary.schema import choice, number, numbers

if TYPE_CHECKING:
    from ddspec.vocabulary.labels import Around, Labels


@word
class ImportanceWeights(Transform):
    """A training sample of class, or group, g counts w_g in the mean training loss, sum_i w_i l_i /
    sum_i w_i, and in the training risks; samples of other uses count as before.

    w_g is proportional to f_g^(-power), f_g the share of training samples of g, labels as trained
    on; `values` gives every w_g instead. Weights are scaled so that their mean over the training
    samples is 1, and multiply those that samples have. They go by the training set: a sample's
    weight changes with the number of samples. Nothing is drawn.

    Source: Byrd & Lipton, "What is the effect of importance weighting in deep learning?", 2019;
    Sagawa et al., "An investigation of why overparameterization exacerbates spurious correlations",
    2020 (by group).
    Example: importance_weights(per: group)
    """

    weighs: ClassVar[bool] = True

    per: str = choice("what samples count by", "class", "group", default="class")
    power: float = number("how strongly rare ones count more: 1 makes all count alike", default=1.0)
    values: tuple[float, ...] = numbers(
        "what each class or group counts, in place of frequencies; [] for frequencies",
        default=(),
        above=0,
    )

    @property
    def neutral(self) -> bool:
        return self.power == 0 and not self.values

    @property
    def where(self) -> tuple[str, ...]:
        return ()

    def refuses(self, dataset: Dataset, shape: Shape) -> str:
        kinds = dataset.groups if self.per == "group" else dataset.classes
        if kinds is None or dataset.tokens:
            return "has no groups" if self.per == "group" else "has no classes"
        if self.per == "class" and any(each.mixes for each in dataset.transform):
            return "has distributions over classes here"
        if self.values and len(self.values) != kinds:
            plural = "groups" if self.per == "group" else "classes"
            return f"has {kinds} {plural}, and {len(self.values)} values are given"
        return ""

    def relabel(self, labels: Labels, around: Around) -> Labels:
        import attrs
        import numpy as np

        if around.use != "train":
            return labels
        member = labels.targets if self.per == "class" else labels.groups
        assert member is not None
        if self.values:
            weights = np.array(self.values)[member]
        else:
            shares = np.bincount(member) / len(member)
            weights = shares[member] ** -self.power
        if labels.weights is not None:
            weights = weights * labels.weights
        return attrs.evolve(labels, weights=weights * (len(weights) / weights.sum()))
