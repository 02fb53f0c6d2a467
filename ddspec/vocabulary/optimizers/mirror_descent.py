"""`mirror_descent`: stochastic mirror descent with the potential of a norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.layered import Layered
from ddspec.vocabulary.schema import number, word_of

if TYPE_CHECKING:
    from torch import Tensor

    Number = Tensor | float


@word
class MirrorDescent(Layered):
    """v = sign(w) |w|^(q-1) - lr g; w = sign(v) |v|^(1/(q-1)): mirror descent with the potential
    |w|_q^q / q. Of the weights that interpolate it converges to the ones near the first weights in
    its Bregman divergence. q = 2 is plain `sgd`; q near 1 favors sparse weights, a large q even
    ones.

    Source: Azizan, Lale & Hassibi, "Stochastic mirror descent on overparameterized nonlinear
    models", 2021, equation 8.
    Example: mirror_descent(lr: 0.1, q: 3)
    """

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")
    q: float = number("the norm of the potential", above=1, stacked=True)

    def start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        return {}

    def step(
        self,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        state: dict[str, Tensor],
        rate: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        rates = self.rates(weights, rate)
        new = {}
        for name, w in weights.items():
            # in float64, for high powers of small weights underflow in float32
            mirrored = _signed_power(w.double(), self.q - 1) - rates[name] * gradients[name]
            new[name] = _signed_power(mirrored, 1 / (self.q - 1)).to(w.dtype)
        return new, state


def _signed_power(x: Tensor, power: Number) -> Tensor:
    return x.sign() * x.abs() ** power
