"""`label_smoothing`: targets that leave every class a little probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network


@word
class LabelSmoothing(Regularizer):
    """Trains on (1 - share) y + share / classes in place of the one-hot y, as the argument
    label_smoothing of torch's cross_entropy. Of targets that are a class a token, cross-entropy is
    taken: (1 - share) loss + share mean_k(-log p_k).

    Source: Szegedy et al., "Rethinking the inception architecture for computer vision", 2016,
    section 7.
    Example: label_smoothing(10%)
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    strength_field: ClassVar[str] = "share"
    rank: ClassVar[int] = 40

    share: float = number(
        "probability spread over all classes", at_least=0, at_most=1, stacked=True
    )

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def needs_data(self) -> frozenset[str]:
        """Labels to smooth."""
        return frozenset({"classes"})

    @property
    def neutral(self) -> bool:
        return bool(self.share == 0)

    def alter(self, seen: Examples, network: Network) -> Examples:
        from ddspec.vocabulary.mixing import as_reals

        assert seen.classes is not None
        if _of_tokens(seen):
            return seen
        targets = (1 - self.share) * as_reals(seen) + self.share / seen.classes
        return attrs.evolve(seen, targets=targets.to(seen.weights.dtype))

    def objective(self, mean: Tensor, seen: Examples, network: Network, outputs: Tensor) -> Tensor:
        if not _of_tokens(seen):
            return mean
        assert seen.classes is not None
        there = (seen.targets >= 0).to(outputs.dtype)
        each = outputs.view(*seen.targets.shape, seen.classes)
        spread = each.logsumexp(dim=-1) - each.mean(dim=-1)  # the mean of -log p over classes
        rows = (spread * there).sum(dim=1) / there.sum(dim=1).clamp(min=1)
        uniform = (rows * seen.weights).sum() / seen.weights.sum()
        return (1 - self.share) * mean + self.share * uniform


def _of_tokens(seen: Examples) -> bool:
    """Whether targets are a class a token."""
    return seen.targets.dim() > 1 and not seen.targets.is_floating_point()
