"""Two normal classes told apart by least squares: the error at finite size, integrated."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import gammaincinv, ndtr, ndtri
from scipy.stats import binom, qmc

POINTS: Final = 13  # 2^13 points of the integral
SEED: Final = 0
TINY: Final = 1e-300

Symmetric = tuple[np.ndarray, np.ndarray, np.ndarray]  # entries 00, 01, 11 of 2 x 2 matrices


class _Variables:
    """Independent variables at the points of a scrambled Sobol sequence, one after the other."""

    def __init__(self) -> None:
        drawn = qmc.Sobol(11, rng=np.random.default_rng(SEED)).random_base2(POINTS)
        self._columns = iter(np.clip(drawn, 1e-12, 1 - 1e-12).T)

    def normal(self) -> np.ndarray:
        return np.asarray(ndtri(next(self._columns)))

    def chi_squared(self, freedom: int) -> np.ndarray:
        uniform = next(self._columns)
        if freedom <= 0:
            return np.zeros(len(uniform))
        return np.asarray(2 * gammaincinv(freedom / 2, uniform))

    def binomial(self, trials: int, share: float) -> np.ndarray:
        return np.asarray(binom.ppf(next(self._columns), trials, share))

    def wishart(self, freedom: int) -> Symmetric:
        """Entries of a 2 x 2 Wishart matrix; of rank 1, or 0, for one degree of freedom or none."""
        first, cross, second = (
            self.chi_squared(freedom),
            self.normal(),
            self.chi_squared(freedom - 1),
        )
        root = np.sqrt(first)
        if freedom <= 0:
            return first, first, first
        return first, root * cross, cross**2 + second


def min_norm_error(
    samples: int, features: int, distance: float, flipped: float, *, exact: bool
) -> float:
    """Expected share of clean test samples on the wrong side of the solution of least norm.

    Rows times their noisy labels are z + u mu/|mu| with target 1, z normal across mu and u =
    distance * sign + noise. Of M = [1 u] only its Gram matrix G = L L' and a random projection, or
    an inverse Wishart matrix, enter: with n >= d, P the projection off the columns across mu, M'P M
    = L Beta(n - d + 1, d - 1) L'; with n < d, M'K^-1 M = L Wishart(d - n + 1)^-1 L', K the Gram
    matrix of the rows across mu.
    """
    variables = _Variables()
    gram = _gram(samples, distance, flipped, variables, exact=exact)
    solve = _below if features <= samples else _above
    along, across = solve(samples, features, gram, variables)
    length = np.sqrt(np.maximum(along**2 + across, TINY))
    return float(ndtr(-distance * along / length).mean())


def _gram(
    samples: int, distance: float, flipped: float, variables: _Variables, *, exact: bool
) -> Symmetric:
    """The Gram matrix of the targets, all 1, and the components along mu."""
    wrong = variables.binomial(samples, flipped)
    if exact:
        wrong = np.full_like(wrong, np.floor(samples * flipped + 1e-9))
    sum_of_signs = samples - 2 * wrong
    first, second = variables.normal(), variables.normal()
    rest = variables.chi_squared(samples - 2)
    off = np.sqrt(np.maximum(samples - sum_of_signs**2 / samples, 0))
    by_signs = sum_of_signs / np.sqrt(samples) * first + off * second
    size = first**2 + (second**2 if samples > 1 else 0) + rest
    total = np.full_like(wrong, float(samples))
    cross = distance * sum_of_signs + np.sqrt(samples) * first
    return total, cross, distance**2 * samples + 2 * distance * by_signs + size


def _factor(gram: Symmetric) -> Symmetric:
    """The lower triangular root of 2 x 2 matrices: entries 00, 10, 11."""
    root = np.sqrt(np.maximum(gram[0], TINY))
    low = gram[1] / root
    return root, low, np.sqrt(np.maximum(gram[2] - low**2, TINY))


def _between(outer: Symmetric, inner: Symmetric) -> Symmetric:
    """L inner L' for lower triangular L."""
    a, b, c = outer
    x, y, z = inner
    return a**2 * x, a * (b * x + c * y), b**2 * x + 2 * b * c * y + c**2 * z


def _below(
    samples: int, features: int, gram: Symmetric, variables: _Variables
) -> tuple[np.ndarray, np.ndarray]:
    """The solution along mu, and its squared length across, with no more features than samples."""
    off, on = variables.wishart(samples - features + 1), variables.wishart(features - 1)
    a, b, c = _factor((off[0] + on[0], off[1] + on[1], off[2] + on[2]))
    inverse = 1 / a, -b / (a * c), 1 / c
    kept = _between(_factor(gram), _between(inverse, off))
    along = kept[1] / np.maximum(kept[2], TINY)
    residual = gram[0] - 2 * along * gram[1] + along**2 * gram[2]
    unexplained = kept[0] - 2 * along * kept[1] + along**2 * kept[2]
    if features == 1:
        return along, np.zeros_like(along)
    explained = np.maximum(residual - unexplained, 0)
    return along, explained / variables.chi_squared(samples - features + 2)


def _above(
    samples: int, features: int, gram: Symmetric, variables: _Variables
) -> tuple[np.ndarray, np.ndarray]:
    """The same with more features than samples."""
    x, y, z = variables.wishart(features - samples + 1)
    determinant = np.maximum(x * z - y**2, TINY)
    inverse = z / determinant, -y / determinant, x / determinant
    a00, a01, a11 = _between(_factor(gram), inverse)
    along = a01 / (1 + a11)
    return along, np.maximum(a00 - 2 * along * a01 + along**2 * a11, 0)
