"""`adamw`: Adam with decoupled weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Alike
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.schema import number, word_of

if TYPE_CHECKING:
    from torch import Tensor


@word
class Adamw(Alike):
    """w = (1 - lr decay) w, then the step of `adam`, as in torch.optim.AdamW.

    Source: Loshchilov & Hutter, "Decoupled weight decay regularization", 2019, algorithm 2.
    Example: adamw(lr: 1e-3, decay: 0.01)
    """

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    decay: float = number("decoupled weight decay", default=0.01, at_least=0, stacked=True)
    beta1: float = number("decay of the first moment", default=0.9, at_least=0, below=1,
                          stacked=True)  # fmt: skip
    beta2: float = number("decay of the second moment", default=0.999, at_least=0, below=1,
                          stacked=True)  # fmt: skip
    epsilon: float = number("added to the root of the second moment", default=1e-8, above=0,
                            stacked=True)  # fmt: skip

    @property
    def plain(self) -> Adam:
        return Adam(
            lr=self.lr,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            layer_lr=self.layer_lr,  # type: ignore[call-arg]  # of its base
        )

    def step(
        self,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        state: dict[str, Tensor],
        rate: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        rates = self.rates(weights, rate)
        decayed = {name: (1 - rates[name] * self.decay) * w for name, w in weights.items()}
        return super().step(decayed, gradients, state, rate)
