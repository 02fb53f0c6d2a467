"""`lion`: the sign of a mean of gradients, found by a search over programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Layered
from ddspec.vocabulary.schema import number, word_of

if TYPE_CHECKING:
    from torch import Tensor


@word
class Lion(Layered):
    """w = w - lr (sign(beta1 m + (1 - beta1) g) + decay w), then m = beta2 m + (1 - beta2) g.

    Source: Chen et al., "Symbolic discovery of optimization algorithms", 2023, algorithm 2.
    Example: lion(lr: 1e-4)
    """

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    beta1: float = number("decay of the mean that is followed", default=0.9, at_least=0, below=1,
                          stacked=True)  # fmt: skip
    beta2: float = number("decay of the mean that is kept", default=0.99, at_least=0, below=1,
                          stacked=True)  # fmt: skip
    decay: float = number("decoupled weight decay", default=0.0, at_least=0, stacked=True)

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
        new, kept, rates = {}, {}, self.rates(weights, rate)
        for name, g in gradients.items():
            mean, w = state[name], weights[name]
            followed = (self.beta1 * mean + (1 - self.beta1) * g).sign()
            new[name] = w - rates[name] * (followed + self.decay * w)
            kept[name] = self.beta2 * mean + (1 - self.beta2) * g
        return new, kept
