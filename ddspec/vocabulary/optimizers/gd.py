"""`gd`: gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Layered
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.schema import number, word_of

if TYPE_CHECKING:
    from torch import Tensor


@word
class Gd(Layered):
    """Gradient descent: every step on the whole training set, `batch: full`, so that an epoch is a
    step. v = momentum v + g; w = w - lr v.

    Source: Cauchy 1847; Polyak, "Some methods of speeding up the convergence of iteration methods",
    1964 (momentum).
    Example: gd(lr: 0.1)
    """

    full_batch: ClassVar[bool] = True

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    momentum: float = number("heavy-ball momentum", default=0.0, at_least=0, below=1,
                             stacked=True)  # fmt: skip

    @property
    def _plain(self) -> Sgd:
        return Sgd(
            lr=self.lr,
            momentum=self.momentum,
            layer_lr=self.layer_lr,  # type: ignore[call-arg]  # of its base
        )

    def start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        return self._plain.start(weights)

    def step(
        self,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        state: dict[str, Tensor],
        rate: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        return self._plain.step(weights, gradients, state, rate)
