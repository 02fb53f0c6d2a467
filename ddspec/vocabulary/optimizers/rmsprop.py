"""`rmsprop`: steps scaled by the root of a running mean square of the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Layered
from ddspec.vocabulary.schema import flag, number, word_of

if TYPE_CHECKING:
    from torch import Tensor


@word
class Rmsprop(Layered):
    """s = alpha s + (1 - alpha) g^2; v = momentum v + g / (sqrt(s) + epsilon); w = w - lr v, as in
    torch.optim.RMSprop. `centered: true` takes from s the square of a running mean of g.

    Source: Tieleman & Hinton, "Neural networks for machine learning", 2012, lecture 6.5.
    Example: rmsprop(lr: 1e-3)
    """

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    alpha: float = number("decay of the mean square", default=0.99, at_least=0, below=1,
                          stacked=True)  # fmt: skip
    momentum: float = number("momentum", default=0.0, at_least=0, below=1, stacked=True)
    epsilon: float = number("added to the root", default=1e-8, above=0, stacked=True)
    centered: bool = flag("whether the variance takes the place of the mean square", default=False)

    def start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        import torch

        kept = ("square", "mean", "step") if self.centered else ("square", "step")
        return {f"{what}.{n}": torch.zeros_like(w) for n, w in weights.items() for what in kept}

    def step(
        self,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        state: dict[str, Tensor],
        rate: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        new, kept, rates = {}, {}, self.rates(weights, rate)
        for name, g in gradients.items():
            square = self.alpha * state[f"square.{name}"] + (1 - self.alpha) * g * g
            spread = square
            if self.centered:
                mean = self.alpha * state[f"mean.{name}"] + (1 - self.alpha) * g
                spread, kept[f"mean.{name}"] = square - mean * mean, mean
            step = self.momentum * state[f"step.{name}"] + g / (spread.sqrt() + self.epsilon)
            kept[f"square.{name}"], kept[f"step.{name}"] = square, step
            new[name] = weights[name] - rates[name] * step
        return new, kept
