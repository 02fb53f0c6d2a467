"""Optimizers whose layers may learn at rates of their own; loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ddspec.errors import DdspecError
from ddspec.vocabulary.kinds import Optimizer
from ddspec.vocabulary.schema import numbers

if TYPE_CHECKING:
    from torch import Tensor

MATRIX = 2  # the least sides of the weights of an affine or convolutional layer


@attrs.frozen(kw_only=True, slots=False)
class Layered(Optimizer):
    """An optimizer of single weights, with factors for the rates of layers. What follows a layer,
    its bias or a normalization, has the layer's factor.

    Source of per-layer rates: Heckel & Yilmaz, "Early stopping in deep networks: double descent and
    how to eliminate it", 2021.
    """

    layer_lr: tuple[float, ...] = numbers(
        "factors of the rates of the affine and convolutional layers, in order",
        default=(),
        at_least=0,
    )

    @property
    def separable(self) -> bool:
        return not self.layer_lr

    def rates(self, weights: Mapping[str, Tensor], rate: Tensor) -> dict[str, Any]:
        """The rate of each of the weights, by name.

        Raises DdspecError when there are more or fewer layers than factors.
        """
        if not self.layer_lr:
            return dict.fromkeys(weights, rate)
        places = layers_of({name: weight.dim() for name, weight in weights.items()})
        count = max(places.values(), default=0) + 1
        if count != len(self.layer_lr):
            raise DdspecError(
                f"`layer_lr` has {len(self.layer_lr)} factors for a network of {count} layers",
                "write one factor for each affine or convolutional layer, in order",
            )
        return {name: self.layer_lr[place] * rate for name, place in places.items()}


class Alike(Layered):
    """An optimizer that steps as another one, whose values follow from its own."""

    @property
    def plain(self) -> Optimizer:
        """The other one."""
        raise NotImplementedError

    def start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.plain.start(weights)

    def step(
        self,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        state: dict[str, Tensor],
        rate: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        return self.plain.step(weights, gradients, state, rate)


def layers_of(sides: Mapping[str, int]) -> dict[str, int]:
    """The number of the layer each of the weights belongs to, given how many sides each has.

    Names are in the network's order, `path.weight` before `path.bias`. What comes before the first
    layer belongs to it.
    """
    found, place = {}, -1
    for name, count in sides.items():
        place += int(count >= MATRIX)
        found[name] = max(place, 0)
    return found
