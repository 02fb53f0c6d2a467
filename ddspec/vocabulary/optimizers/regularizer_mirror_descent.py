"""`regularizer_mirror_descent`: mirror descent on losses with room to stay unfitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.optimizers.mirror_descent import MirrorDescent
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-12  # a loss is taken to be so much at least, for the slope of its root


@word
class RegularizerMirrorDescent(MirrorDescent):
    """`mirror_descent` on the constraints z_i = sqrt(2 L_i / strength) with a number z_i for each
    sample, first zero. With c_i = z_i - sqrt(2 L_i / strength) the slope of L_i is weighed by
    -c_i / sqrt(2 strength L_i), and z_i moves by -lr c_i, both as shares of the minibatch. It
    seeks the least strength D(w, w_0) + sum_i L_i, D the Bregman divergence of the potential,
    instead of weights that interpolate; with the squared error of a linear model it gets there if
    no residual changes its sign on the way.

    Source: Azizan, Lale & Hassibi, "Explicit regularization via regularizer mirror descent", 2022
    (lambda there is 1 / strength).
    Example: regularizer_mirror_descent(lr: 0.1, q: 2, strength: 1)
    """

    samplewise: ClassVar[bool] = True

    strength: float = number("strength of the regularizer", above=0, stacked=True)

    def weigh(
        self, losses: Tensor, kept: Tensor, shares: Tensor, rate: Tensor
    ) -> tuple[Tensor, Tensor]:
        root = (2 * losses.clamp(min=LEAST) / self.strength).sqrt()
        apart = kept - root
        factors = -apart / (self.strength * root)
        return factors.to(losses.dtype), kept - rate * shares * apart
