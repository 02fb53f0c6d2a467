"""`input_noise`: normal noise on the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from ddspec.vocabulary.seen import Examples, Network


@word
class InputNoise(Regularizer):
    """Adds N(0, std^2) to every number of every input, anew in each step. On a linear model under
    the squared error this is, on average, ridge: std^2 |w|^2 beside the mean loss. It acts before
    dropout of inputs, which enlarges it to std^2 / (1 - rate).

    Source: Bishop, "Training with noise is equivalent to Tikhonov regularization", 1995.
    Example: input_noise(0.1)
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    strength_field: ClassVar[str] = "std"
    rank: ClassVar[int] = 50

    std: float = number("deviation of the noise", at_least=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def needs_data(self) -> frozenset[str]:
        """Inputs that noise can be added to."""
        return frozenset({"numbers"})

    @property
    def neutral(self) -> bool:
        return bool(self.std == 0)

    def alter(self, seen: Examples, network: Network) -> Examples:
        from ddspec.vocabulary.counters import normal, stream

        noise = self.std * normal(seen.key, stream("input_noise"), *seen.inputs.shape)
        return attrs.evolve(seen, inputs=seen.inputs + noise.to(seen.inputs.dtype))
