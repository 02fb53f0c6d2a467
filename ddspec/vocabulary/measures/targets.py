"""`targets`: what is wanted of the network at some samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfOutputs
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Targets(OfOutputs):
    """The targets of the first samples of a use, an array (sample, class) of the dataset, as
    `predictions` records what the network says to the same samples: labels are one-hot. With both,
    `bias_variance` and `disagreement_estimate` have what they need.

    Source: Geman, Bienenstock & Doursat, "Neural networks and the bias/variance dilemma", 1992,
    section 2.
    Example: targets(of: test, samples: 100)
    """

    samples: int = integer(
        "how many samples, the first in the seed's order",
        default=100,
        at_least=1,
        unit="samples",
    )

    def shape(self, outputs: int) -> tuple[int, ...]:
        return (self.samples, outputs)

    def dims(self) -> tuple[str, ...]:
        return (f"{self.of}_sample", "class")

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        from ddspec.vocabulary.measuring import wanted

        return wanted(outputs, model.targets)

    def total(self, model: Observed, each: Tensor) -> Tensor:
        return each
