"""`adam`: steps scaled by running moments of the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Layered
from ddspec.vocabulary.schema import number, word_of

if TYPE_CHECKING:
    from torch import Tensor


@word
class Adam(Layered):
    """Adam, as in torch.optim.Adam; penalties enter the gradient (no decoupled decay).

    Source: Kingma & Ba, "Adam", 2015, algorithm 1.
    Example: adam(lr: 1e-4)
    """

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    beta1: float = number("decay of the first moment", default=0.9, at_least=0, below=1,
                          stacked=True)  # fmt: skip
    beta2: float = number("decay of the second moment", default=0.999, at_least=0, below=1,
                          stacked=True)  # fmt: skip
    epsilon: float = number("added to the root of the second moment", default=1e-8, above=0,
                            stacked=True)  # fmt: skip

    @property
    def native(self) -> bool:
        return self.separable

    def start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        import torch

        one = torch.ones((), dtype=torch.float64)  # 1 - beta^t cancels in float32
        state = {"beta1^t": one, "beta2^t": one}
        for name, weight in weights.items():
            state[f"first.{name}"] = torch.zeros_like(weight)
            state[f"second.{name}"] = torch.zeros_like(weight)
        return state

    def step(
        self,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        state: dict[str, Tensor],
        rate: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        power1, power2 = self.beta1 * state["beta1^t"], self.beta2 * state["beta2^t"]
        new, kept = {}, {"beta1^t": power1, "beta2^t": power2}
        root, rates = (1 - power2).sqrt(), self.rates(weights, rate)
        for name, g in gradients.items():
            first = self.beta1 * state[f"first.{name}"] + (1 - self.beta1) * g
            second = self.beta2 * state[f"second.{name}"] + (1 - self.beta2) * g * g
            pace = rates[name] / (1 - power1)
            new[name] = weights[name] - pace * first / (second.sqrt() / root + self.epsilon)
            kept[f"first.{name}"], kept[f"second.{name}"] = first, second
        return new, kept
