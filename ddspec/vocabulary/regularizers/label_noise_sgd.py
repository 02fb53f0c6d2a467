"""`label_noise_sgd`: labels drawn anew in every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from ddspec.vocabulary.seen import Examples, Network


@word
class LabelNoiseSgd(Regularizer):
    """In every step each label of the minibatch is replaced, with probability `share`, by a class
    drawn from all classes, so that share / classes of the redrawn ones are right by chance. Unlike
    label noise of a dataset no wrong label stays to be learned; the noise moves sgd towards flat
    minima. For real targets see `target_noise`.

    Source: Blanc et al., "Implicit regularization for deep neural networks driven by an
    Ornstein-Uhlenbeck like process", 2020; HaoChen et al., "Shape matters", 2021, section 6.
    Example: label_noise_sgd(10%)
    """

    acts: ClassVar[Literal["trajectory"]] = "trajectory"
    strength_field: ClassVar[str] = "share"
    rank: ClassVar[int] = 20

    share: float = number("probability of a new label", at_least=0, at_most=1, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def needs_data(self) -> frozenset[str]:
        """Labels, one a sample."""
        return frozenset({"classes", "numbers"})

    @property
    def neutral(self) -> bool:
        return bool(self.share == 0)

    def alter(self, seen: Examples, network: Network) -> Examples:
        import torch

        from ddspec.vocabulary.counters import below, stream, uniform

        assert seen.classes is not None
        rows, key = len(seen.targets), seen.key
        chosen = uniform(key, stream("label_noise_sgd", "which"), rows, 1)[:, 0] < self.share
        drawn = below(key, stream("label_noise_sgd", "what"), rows, seen.classes)
        return attrs.evolve(seen, targets=torch.where(chosen, drawn, seen.targets))
