"""`ridgeless`: least squares of least norm on isotropic normal inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.regression import Regression
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np


@word
class Ridgeless(Regression):
    """Least squares of least norm, y = x.b + e, x standard normal: exact for every n and p.

    With n samples, p features, |b|^2 the signal, s2 the noise variance: below n the test loss is s2
    + s2 p / (n - p - 1), above it is s2 + |b|^2 (1 - n/p) + s2 n / (p - n - 1), infinite for |n -
    p| <= 1 unless s2 = 0; the training loss is s2 (1 - p/n) or 0. `bias` is squared, |b|^2 (1 -
    n/p)_+^2, `variance` the rest of the excess over s2, both over training sets, `disagreement` the
    mean squared difference of two such fits, twice the variance. A mean over seeds has a finite
    variance for |n - p| >= 4 only.

    What is not written is taken from `linear_gaussian`, `linear` and `least_squares`; inputs that
    the model does not see count as noise.

    Source: Hastie, Montanari, Rosset & Tibshirani, "Surprises in high-dimensional ridgeless least
    squares interpolation", 2022 (limit); Breiman & Freedman, "How many variables should be entered
    in a regression equation?", 1983 (p < n), Belkin, Hsu & Xu 2020 (finite n and p).
    Example: ridgeless(samples: 40, features: 100, signal: 1, noise_variance: 0.25)
    """

    gives: ClassVar[tuple[str, ...]] = (
        *("test_loss", "train_loss"),
        *("bias", "variance", "disagreement"),
    )

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        from ddspec.vocabulary.spectral import decomposed

        (n, p), (signal, noise) = self.size, self.strengths
        missed, (few, many) = max(0.0, 1 - n / p), sorted((n, p))
        spread = noise * few / (many - few - 1) if many - few > 1 else float("inf")
        spread = spread if noise else 0.0
        excess = signal * missed + spread
        return decomposed(noise, signal * missed**2, excess, noise * max(0.0, 1 - p / n))
