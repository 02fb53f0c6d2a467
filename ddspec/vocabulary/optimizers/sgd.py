"""`sgd`: stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Optimizer, Schedule, word
from ddspec.vocabulary.schema import flag, number, word_of

if TYPE_CHECKING:
    from torch import Tensor


@word
class Sgd(Optimizer):
    """Stochastic gradient descent with heavy-ball or Nesterov momentum, as in torch.optim.SGD.

    Source: Sutskever et al., "On the importance of initialization and momentum", 2013.
    Example: sgd(lr: 0.01, momentum: 0.9)
    """

    separable: ClassVar[bool] = True
    native: ClassVar[bool] = True

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    momentum: float = number("momentum", default=0.0, at_least=0, below=1, stacked=True)
    nesterov: bool = flag("Nesterov's variant of momentum", default=False)

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
        kept = {name: self.momentum * state[name] + g for name, g in gradients.items()}
        used = kept
        if self.nesterov:
            used = {name: g + self.momentum * kept[name] for name, g in gradients.items()}
        return {name: w - rate * used[name] for name, w in weights.items()}, kept
