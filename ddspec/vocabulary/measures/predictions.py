"""`predictions`: what the network says to some samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfOutputs
from ddspec.vocabulary.schema import choice, integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Predictions(OfOutputs):
    """The outputs for the first samples of a use, an array (sample, class) of the dataset: of a
    loss over classes as probabilities, softmax(f(x)), or the outputs f(x) themselves.

    Source: Neal et al., "A modern take on the bias-variance tradeoff in neural networks", 2018.
    Example: predictions(of: test, samples: 100)
    """

    samples: int = integer(
        "how many samples, the first in the seed's order",
        default=100,
        at_least=1,
        unit="samples",
    )
    scale: str = choice("which numbers", "probabilities", "outputs", default="probabilities")

    def shape(self, outputs: int) -> tuple[int, ...]:
        return (self.samples, outputs)

    def dims(self) -> tuple[str, ...]:
        return (f"{self.of}_sample", "class")

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        from ddspec.vocabulary.measuring import shares

        return shares(model, outputs) if self.scale == "probabilities" else outputs

    def total(self, model: Observed, each: Tensor) -> Tensor:
        return each
