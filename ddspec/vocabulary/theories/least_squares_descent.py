"""`least_squares_descent`: gradient descent on linear regression, at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.regression import (
    Descent,
    Regression,
    descent_told,
    doubt_of_steps,
    penalty_of,
)
from ddspec.vocabulary.schema import choice, number
from ddspec.vocabulary.theories.ridgeless import Ridgeless
from ddspec.vocabulary.theory import Case
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np


@word
class LeastSquaresDescent(Regression, Descent):
    """Full-batch gradient descent from zero on mean squared error + (strength / 2) |w|^2, y = x.b +
    e, x standard normal, after every number k of steps, for n, p -> infinity at p/n = g; exact with
    `law: finite`.

    On an eigenvalue s of X'X/n the step shrinks the error by c = 1 - lr (2 s + strength), so that
    after k steps s g_k of a coefficient is learned, g_k = (1 - c^k) / (s + strength / 2). Test loss
    = s2 + |b|^2 E (1 - s g_k)^2 + s2 g E s g_k^2 over the Marchenko-Pastur law, or over spectra of
    n and p themselves (`law: finite`). It diverges where lr (2 s + strength) > 2.

    Source: Ali, Kolter & Tibshirani, "A continuous-time view of early stopping for least squares",
    2019; Advani, Saxe & Sompolinsky, "High-dimensional dynamics of generalization error in neural
    networks", 2020.
    Example: least_squares_descent(samples: 40, features: 20, signal: 1, noise_variance: 0.25,
             lr: 0.05, updates: 1, length: 100)
    """

    gives: ClassVar[tuple[str, ...]] = Ridgeless.gives
    needed: ClassVar[tuple[str, ...]] = (
        *Regression.needed,
        *("lr", "updates", "length", "strength"),
    )
    penalized: ClassVar[bool] = True

    strength: float | None = number("strength of `l2`", default=None, at_least=0)
    law: str = choice(
        "eigenvalues in the limit, or of so many samples and features",
        "limit",
        "finite",
        default="limit",
    )

    def told(self, case: Case) -> Mapping[str, Any]:
        return {**super().told(case), **descent_told(case), "strength": penalty_of(case)}

    def doubt(self, case: Case) -> str:
        return super().doubt(case) or doubt_of_steps(case)

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        import numpy as np

        from ddspec.vocabulary.spectral import filtered, marchenko_pastur, wishart

        (n, p), steps = self.size, self.steps(points)[:, None]
        assert self.strength is not None
        assert self.lr is not None
        half, rate = self.strength / 2, 2 * self.lr

        def learned(s: np.ndarray) -> np.ndarray:
            return np.asarray((1 - (1 - rate * (s + half)) ** steps) / (s + half))

        law = wishart(n, p) if self.law == "finite" else marchenko_pastur(p / n)
        with np.errstate(over="ignore", invalid="ignore"):  # a rate that diverges
            return filtered(law, *self.strengths, learned)
