"""`gd`: gradient descent."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Alike
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.schema import number, word_of


@word
class Gd(Alike):
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
    def plain(self) -> Sgd:
        return Sgd(
            lr=self.lr,
            momentum=self.momentum,
            layer_lr=self.layer_lr,  # type: ignore[call-arg]  # of its base
        )
