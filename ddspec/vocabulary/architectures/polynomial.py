"""`polynomial`: a linear function of polynomials of the inputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.schema import choice, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws

MOST = 2_000_000  # features: more cannot be laid out


@word
class Polynomial(Architecture):
    """Trained weights of all polynomials of the inputs up to a total degree, a constant among them.

    Of one input x: `legendre` P_0(x) ... P_degree(x); `orthonormal` sqrt(2k + 1) P_k(x), which are
    orthonormal for x uniform between -1 and 1; `monomial` x^k. Of d inputs all products of such of
    single inputs, with degrees that sum to `degree` at most: (d + degree)! / (d! degree!) features.
    Bases span the same functions but have other solutions of least norm. Weights start at zero.

    Source: Trefethen, "Approximation theory and approximation practice", 2013; Schaeffer et al.,
    "Double descent demystified", 2023 (Legendre, in the degree).
    Example: polynomial(degree: 10, basis: legendre)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"linear_in_parameters"})
    random: ClassVar[bool] = False

    degree: int = integer("the highest total degree", at_least=1)
    basis: str = choice(
        "polynomials of one input", "legendre", "orthonormal", "monomial", default="legendre"
    )

    @property
    def layer_count(self) -> int:
        return 1

    @property
    def nests(self) -> str | None:
        return "degree"

    def unfit(self, shape: Shape) -> str:
        count = self._features(shape)
        return f"it would have {count:,} features" if count > MOST else ""

    def _features(self, shape: Shape) -> int:
        return math.comb(math.prod(shape) + self.degree, self.degree)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return self._features(shape) * outputs

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.feature_maps import Polynomials
        from ddspec.vocabulary.layers import affine, dropout_at

        return nn.Sequential(
            *dropout_at("input", terms, 0),
            Polynomials(math.prod(shape), self.degree, self.basis),
            affine(self._features(shape), outputs, bias=False),
        )

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from torch import nn

        for parameter in module.parameters():
            nn.init.zeros_(parameter)
