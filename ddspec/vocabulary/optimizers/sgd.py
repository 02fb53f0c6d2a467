"""`sgd`: stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Layered
from ddspec.vocabulary.schema import flag, number, word_of

if TYPE_CHECKING:
    from torch import Tensor


@word
class Sgd(Layered):
    """Stochastic gradient descent with heavy-ball or Nesterov momentum, as in torch.optim.SGD.

    `momentum_schedule: ramp(0.5, last: 0.9, amount: 0.02)` takes the place of `momentum`.

    Source: Sutskever et al., "On the importance of initialization and momentum", 2013.
    Example: sgd(lr: 0.01, momentum: 0.9)
    """

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    momentum: float = number("momentum", default=0.0, at_least=0, below=1, stacked=True)
    nesterov: bool = flag("Nesterov's variant of momentum", default=False)
    momentum_schedule: Schedule | None = word_of(
        "schedule", "momentum over time, in place of `momentum`", default=None, lift="constant"
    )

    @property
    def native(self) -> bool:
        return self.separable and self.momentum_schedule is None

    @property
    def paces(self) -> dict[str, Schedule]:
        given = self.momentum_schedule
        return {} if given is None else {"momentum_schedule": given}

    def start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        import torch

        return {name: torch.zeros_like(weight) for name, weight in weights.items()}

    def step(
        self,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        state: dict[str, Tensor],
        rate: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        pace: Any = self.momentum_schedule  # in a step, its value
        momentum = self.momentum if pace is None else pace
        kept = {name: momentum * state[name] + g for name, g in gradients.items()}
        used = kept
        if self.nesterov:
            used = {name: g + momentum * kept[name] for name, g in gradients.items()}
        rates = self.rates(weights, rate)
        return {name: w - rates[name] * used[name] for name, w in weights.items()}, kept
