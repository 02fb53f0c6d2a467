"""`distance_to_init`: how far training has moved the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class DistanceToInit(Measure):
    """|w - w0|_2 over all trained parameters, w0 those before training.

    Source: Nagarajan & Kolter, "Generalization in deep networks: the role of distance from
    initialization", 2017; Neyshabur et al., "The role of over-parametrization", 2019.
    Example: distance_to_init()
    """

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"weights", "first"})

    def value(self, model: Observed) -> Tensor:
        from ddspec.vocabulary.measuring import joined, length

        return length(joined(model.weights) - joined(model.first))
