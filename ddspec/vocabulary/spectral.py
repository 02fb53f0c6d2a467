"""Eigenvalues of sample covariances, and the risks of estimators that act on each by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import attrs
import numpy as np
from scipy.linalg import eigvalsh_tridiagonal

NODES: Final = 4_000  # of the integral over a Marchenko-Pastur law, or eigenvalues drawn
FEWEST: Final = 30  # draws of a spectrum
NOTHING: Final = 1e-30  # a penalty that is as good as none
EVERYTHING: Final = 1e60  # penalties above leave no coefficient; their fourth power is a number


@attrs.frozen(eq=False)
class Eigenvalues:
    """The law of an eigenvalue of X'X/n, X (n, d): the value `at`[i] with probability `weights`[i],
    0 with probability `zero`; `ratio` is d/n.
    """

    at: np.ndarray
    weights: np.ndarray
    zero: float
    ratio: float


@lru_cache(maxsize=256)
def marchenko_pastur(ratio: float) -> Eigenvalues:
    """The limit for normal X with n, d -> infinity at d/n = `ratio`.

    Density sqrt((b - s)(s - a)) / (2 pi ratio s) on [a, b] = (1 -+ sqrt(ratio))^2; in the angle of
    s = c + h cos(angle) it is smooth, and the midpoint rule exact to many digits.
    """
    center, half = 1 + ratio, 2 * np.sqrt(ratio)
    angle = (np.arange(NODES) + 0.5) * np.pi / NODES
    at = center + half * np.cos(angle)
    weights = (half * np.sin(angle)) ** 2 / (2 * np.pi * ratio * at) * np.pi / NODES
    return Eigenvalues(at, weights, max(0.0, 1 - 1 / ratio), ratio)


@lru_cache(maxsize=256)
def wishart(samples: int, features: int, seed: int = 0) -> Eigenvalues:
    """Spectra of as many samples and features, drawn: expectations are those of this very n and d,
    up to the error of averaging some thousand eigenvalues.

    The nonzero ones are those of B B', B bidiagonal with independent chi entries (Dumitriu &
    Edelman, "Matrix models for beta ensembles", 2002).
    """
    few, many = sorted((samples, features))
    generator = np.random.default_rng(seed)
    draws = max(FEWEST, -(-NODES // few))
    found = []
    for _ in range(draws):
        diagonal = generator.chisquare(many - np.arange(few))
        below = generator.chisquare(np.arange(few - 1, 0, -1))
        square = diagonal + np.concatenate([[0.0], below])
        found.append(eigvalsh_tridiagonal(square, np.sqrt(diagonal[:-1] * below)))
    at = np.maximum(np.concatenate(found), 0) / samples
    share = few / features
    weights = np.full(len(at), share / len(at))
    return Eigenvalues(at, weights, 1 - share, features / samples)


def filtered(
    law: Eigenvalues, signal: float, noise: float, shrink: Callable[[np.ndarray], np.ndarray]
) -> dict[str, np.ndarray]:
    """Risks of the estimator shrink(X'X/n) X'y/n for isotropic normal inputs.

    shrink: from eigenvalues s (k,) to factors g (..., k). With what is left, 1 - s g, of a
    coefficient: test = noise + signal E (1 - s g)^2 + noise (d/n) E s g^2, train = signal E s (1 -
    s g)^2 + noise [(d/n) E (1 - s g)^2 1(s > 0) + (1 - d/n)_+]; over training sets the squared bias
    is signal (E (1 - s g))^2.
    """
    factors = shrink(law.at)
    left = 1 - law.at * factors
    mean, square = left @ law.weights, left**2 @ law.weights
    excess = signal * (square + law.zero) + noise * law.ratio * (law.at * factors**2 @ law.weights)
    fitted = noise * (law.ratio * square + max(0.0, 1 - law.ratio))
    train = signal * (law.at * left**2 @ law.weights) + fitted
    return decomposed(noise, signal * (mean + law.zero) ** 2, excess, train)


def decomposed(
    noise: float, bias: float | np.ndarray, excess: float | np.ndarray, train: float | np.ndarray
) -> dict[str, np.ndarray]:
    """Risks by name from the noise, the squared bias, the excess over the noise, and the fit."""
    variance = np.asarray(excess) - bias
    return {
        "test_loss": noise + np.asarray(excess),
        "train_loss": np.asarray(train),
        "bias": np.asarray(bias),
        "variance": variance,
        "disagreement": 2 * variance,
    }


def resolvent(penalty: float, ratio: float) -> tuple[float, float]:
    """E 1/(s + penalty) and E 1/(s + penalty)^2 under the Marchenko-Pastur law, penalty > 0.

    The first, m, solves ratio penalty m^2 + (1 - ratio + penalty) m = 1.
    """
    linear = 1 - ratio + penalty
    root = float(np.sqrt(linear**2 + 4 * ratio * penalty))
    m = 2 / (linear + root) if linear > 0 else (root - linear) / (2 * ratio * penalty)
    return m, m * (1 + ratio * m) / root
