"""`ridge_regression`: least squares with `l2` on isotropic normal inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.regression import Regression, penalty_of
from ddspec.vocabulary.schema import choice, flag, number
from ddspec.vocabulary.theories.ridgeless import Ridgeless
from ddspec.vocabulary.theory import Case
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np


@word
class RidgeRegression(Regression):
    """The minimizer of mean squared error + (strength / 2) |w|^2, y = x.b + e, x standard normal,
    for n, p -> infinity at p/n = g; exact for strength 0 (see `ridgeless`) and with `law: finite`.

    With t = strength / 2, m = E 1/(s + t) and m2 = E 1/(s + t)^2 over the Marchenko-Pastur law of
    the eigenvalues s of X'X/n: test loss = s2 + |b|^2 t^2 m2 + s2 g (m - t m2); training loss =
    |b|^2 (t^2 m - t^3 m2) + s2 (t^2 g m2 + 1 - g); squared bias |b|^2 (t m)^2. `law: finite`
    averages over spectra of n and p themselves, drawn with a fixed seed, in place of the limit.

    `optimal: true` takes the strength of least test loss, t = s2 p / (n |b|^2), at every n and p;
    then the test loss never rises with n. Where the experiment tunes its strength, that of least
    test loss among the candidates is taken.

    Source: Dobriban & Wager, "High-dimensional asymptotics of prediction: ridge regression and
    classification", 2018; Nakkiran, Venkat, Kakade & Ma, "Optimal regularization can mitigate
    double descent", 2021 (the optimum).
    Example: ridge_regression(samples: 40, features: 20, signal: 1, noise_variance: 0.25,
             strength: 0.1)
    """

    gives: ClassVar[tuple[str, ...]] = Ridgeless.gives
    needed: ClassVar[tuple[str, ...]] = (*Regression.needed, "strength")
    penalized: ClassVar[bool] = True

    strength: float | None = number("strength of `l2`", default=None, at_least=0)
    optimal: bool = flag("whether the strength is the best there is", default=False)
    law: str = choice(
        "eigenvalues in the limit, or of so many samples and features",
        "limit",
        "finite",
        default="limit",
    )

    def told(self, case: Case) -> Mapping[str, Any]:
        return {**super().told(case), "strength": 0.0 if self.optimal else penalty_of(case)}

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        from ddspec.vocabulary.spectral import (
            EVERYTHING,
            NOTHING,
            decomposed,
            filtered,
            resolvent,
            wishart,
        )

        (n, p), (signal, noise), half = self.size, self.strengths, self._half()
        if half > EVERYTHING:
            return decomposed(noise, signal, signal, noise + signal)
        if half < NOTHING:
            fields = {name: getattr(self, name) for name in Regression.needed}
            return Ridgeless(**fields).risks(points)
        if self.law == "finite":
            return filtered(wishart(n, p), signal, noise, lambda s: 1 / (s + half))
        m, square = resolvent(half, p / n)
        excess = signal * half**2 * square + noise * p / n * (m - half * square)
        fit = signal * half**2 * (m - half * square) + noise * (
            half**2 * p / n * square + 1 - p / n
        )
        return decomposed(noise, signal * (half * m) ** 2, excess, fit)

    def _half(self) -> float:
        """Half the strength: the loss has no factor 1/2, the penalty has one."""
        assert self.strength is not None
        if not self.optimal:
            return self.strength / 2
        (n, p), (signal, noise) = self.size, self.strengths
        return noise * p / (n * signal) if signal else float("inf")
