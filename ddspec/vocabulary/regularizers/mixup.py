"""`mixup`: training on mixtures of two samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import choice, number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network


@word
class Mixup(Regularizer):
    """Trains on m x + (1 - m) x' with target m y + (1 - m) y', where x' is another sample of the
    minibatch (a random permutation of it) and m ~ Beta(alpha, alpha). Classes become distributions
    over classes. m is drawn once a step, as in the authors' code, or for every row. A mixture
    counts as much as its first sample.

    Source: Zhang et al., "mixup: beyond empirical risk minimization", 2018, section 2.
    Example: mixup(0.2)
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    strength_field: ClassVar[str] = "alpha"
    rank: ClassVar[int] = 30

    alpha: float = number("parameter of the Beta distribution", at_least=0, stacked=True)
    per: str = choice("how often m is drawn", "step", "row", default="step")

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def needs_data(self) -> frozenset[str]:
        """Inputs that can be mixed."""
        return frozenset({"numbers"})

    @property
    def neutral(self) -> bool:
        return bool(self.alpha == 0)

    def alter(self, seen: Examples, network: Network) -> Examples:
        from ddspec.vocabulary.counters import permutation, stream, symmetric_beta
        from ddspec.vocabulary.mixing import as_reals

        partner = permutation(seen.key, stream("mixup", "partner"), seen.weights)
        rows = 1 if self.per == "step" else len(partner)
        share = symmetric_beta(seen.key, stream("mixup", "share"), rows, self.alpha)

        def mixed(values: Tensor) -> Tensor:
            own = share.view(-1, *(1 for _ in values.shape[1:])).to(values.dtype)
            return own * values + (1 - own) * values.index_select(0, partner)

        return attrs.evolve(seen, inputs=mixed(seen.inputs), targets=mixed(as_reals(seen)))
