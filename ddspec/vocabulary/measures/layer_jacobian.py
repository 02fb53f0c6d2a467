"""`layer_jacobian`: how much a layer's input changes with another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class LayerJacobian(OfSamples):
    """Mean over samples of |dh'/dh|_F: h is what enters the affine or convolutional layer `from`,
    h' what enters the layer `to`, or the outputs. NaN where the network has no such layer.

    Source: Pennington, Schoenholz & Ganguli, "Resurrecting the sigmoid in deep learning through
    dynamical isometry", 2017, equation 4.
    Example: layer_jacobian(from: 2, to: 3, samples: 100)
    """

    start: int = integer("the layer, from 1, whose input changes", name="from", at_least=1)
    end: int | None = integer(
        "the later layer whose input is looked at; the outputs unless said",
        name="to",
        default=None,
        at_least=2,
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"weights", "network", "layers"})

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import jacobian_norms, parts

        found = [
            jacobian_norms(model, model.inputs[part], self.start, self.end)
            for part in parts(model.inputs)
        ]
        return torch.cat(found).mean()
