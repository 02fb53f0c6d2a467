"""`nesterov`: stochastic gradient descent with Nesterov's momentum."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Alike
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.schema import number, word_of


@word
class Nesterov(Alike):
    """`sgd` with Nesterov's momentum: v = momentum v + g; w = w - lr (g + momentum v).

    Source: Sutskever et al., "On the importance of initialization and momentum", 2013.
    Example: nesterov(lr: 0.01, momentum: 0.9)
    """

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    momentum: float = number("momentum", default=0.9, at_least=0, below=1, stacked=True)
    momentum_schedule: Schedule | None = word_of(
        "schedule", "momentum over time, in place of `momentum`", default=None, lift="constant"
    )

    @property
    def paces(self) -> dict[str, Schedule]:
        return self.plain.paces

    @property
    def plain(self) -> Sgd:
        return Sgd(
            lr=self.lr,
            momentum=self.momentum,
            nesterov=True,
            momentum_schedule=self.momentum_schedule,
            layer_lr=self.layer_lr,  # type: ignore[call-arg]  # of its base
        )
