"""`weight_decay`: weights shrunk in every step, apart from the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from ddspec.vocabulary.seen import Taken, Tensors


@word
class WeightDecay(Regularizer):
    """Subtracts lr strength w from every trained parameter in each step, beside what the optimizer
    subtracts: w <- w - lr strength w - (the optimizer's step). With adam this is torch.optim.AdamW;
    with plain sgd it is `l2(strength)`.

    Source: Loshchilov & Hutter, "Decoupled weight decay regularization", 2019, algorithm 2.
    Example: weight_decay(1e-2)
    """

    acts: ClassVar[Literal["model-dependent"]] = "model-dependent"
    scaled: ClassVar[str] = "strength"
    strength_field: ClassVar[str] = "strength"
    separable: ClassVar[bool] = True
    rank: ClassVar[int] = 120

    strength: float = number("share of a weight lost per unit of lr", at_least=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def neutral(self) -> bool:
        return bool(self.strength == 0)

    def settle(self, taken: Taken) -> tuple[Tensors, Tensors]:
        shrunk = taken.rate * self.strength
        after = {name: weight - shrunk * taken.before[name] for name, weight in taken.after.items()}
        return after, taken.held
