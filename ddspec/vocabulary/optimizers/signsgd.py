"""`signsgd`: steps of one size in every weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Layered
from ddspec.vocabulary.schema import number, word_of

if TYPE_CHECKING:
    from torch import Tensor


@word
class Signsgd(Layered):
    """m = momentum m + (1 - momentum) g; w = w - lr sign(m).

    Source: Bernstein et al., "signSGD", 2018, algorithms 1 and 2 (with momentum: Signum).
    Example: signsgd(lr: 1e-3)
    """

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    momentum: float = number("decay of the mean gradient", default=0.0, at_least=0, below=1,
                             stacked=True)  # fmt: skip

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
        kept = {n: self.momentum * state[n] + (1 - self.momentum) * g for n, g in gradients.items()}
        rates = self.rates(weights, rate)
        return {name: w - rates[name] * kept[name].sign() for name, w in weights.items()}, kept
