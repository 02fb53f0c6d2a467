"""`target_noise`: normal noise on real targets, drawn anew in every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from ddspec.vocabulary.seen import Examples, Network


@word
class TargetNoise(Regularizer):
    """Adds N(0, std^2) to every real target of the minibatch, anew in each step: label noise sgd
    for regression. For classes see `label_noise_sgd`.

    Source: Blanc et al., "Implicit regularization for deep neural networks driven by an
    Ornstein-Uhlenbeck like process", 2020, section 2.
    Example: target_noise(0.1)
    """

    acts: ClassVar[Literal["trajectory"]] = "trajectory"
    strength_field: ClassVar[str] = "std"
    rank: ClassVar[int] = 20

    std: float = number("deviation of the noise", at_least=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def needs_data(self) -> frozenset[str]:
        """Targets that noise can be added to."""
        return frozenset({"reals"})

    @property
    def neutral(self) -> bool:
        return bool(self.std == 0)

    def alter(self, seen: Examples, network: Network) -> Examples:
        from ddspec.vocabulary.counters import normal, stream

        flat = seen.targets.view(len(seen.targets), -1)
        noise = self.std * normal(seen.key, stream("target_noise"), *flat.shape)
        targets = seen.targets + noise.view(seen.targets.shape).to(seen.targets.dtype)
        return attrs.evolve(seen, targets=targets)
