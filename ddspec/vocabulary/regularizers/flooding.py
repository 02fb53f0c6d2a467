"""`flooding`: a training loss that is kept from falling below a level."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network


@word
class Flooding(Regularizer):
    """Minimizes |L - level| + level in place of the mean loss L of the minibatch: below the level
    the loss is climbed. Penalties are added to what is minimized and are not flooded.

    Source: Ishida et al., "Do we need zero training loss after achieving zero training error?",
    2020, equation 4.
    Example: flooding(0.05)
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    strength_field: ClassVar[str] = "level"
    rank: ClassVar[int] = 70

    level: float = number("the level of the flood", at_least=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def neutral(self) -> bool:
        """Losses are not below 0."""
        return bool(self.level == 0)

    def objective(self, mean: Tensor, seen: Examples, network: Network, outputs: Tensor) -> Tensor:
        return (mean - self.level).abs() + self.level
