"""Deterministic equivalents: ridge regression on inputs of unequal variances."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad_vec
from scipy.optimize import brentq

from ddspec.vocabulary.spectral import NOTHING


def equivalent(
    variances: np.ndarray, squares: np.ndarray, samples: int, noise: float, penalty: float
) -> tuple[float, float]:
    """Test and training loss of the minimizer of mean squared error + `penalty` |w|^2 for inputs of
    given variances and squared coefficients, noise included.
    """
    count = len(variances)
    penalty = penalty if penalty > NOTHING else 0.0
    if penalty == 0 and count <= samples:
        rest = samples - count - 1
        train = noise * (1 - count / samples)
        return (noise * (1 + count / rest) if rest > 0 else _unbounded(noise)), train
    ridge = _effective(variances, samples, penalty)
    if ridge == 0:  # as many features as samples, or a signal in so many directions
        return _unbounded(noise), 0.0
    kept = variances / (variances + ridge)
    missed = float((ridge**2 * squares * variances / (variances + ridge) ** 2).sum())
    test = (missed + noise) / (1 - float((kept**2).sum()) / samples)
    return test, (penalty / ridge) ** 2 * test


def _unbounded(noise: float) -> float:
    return float("inf") if noise else 0.0


def _effective(variances: np.ndarray, samples: int, penalty: float) -> float:
    """The ridge that infinitely many samples would need for the same shrinkage: k with k (1 - sum
    v/(v + k) / samples) = penalty.
    """

    def surplus(log: float) -> float:
        ridge = np.exp(log)
        return float(1 - penalty / ridge - (variances / (variances + ridge)).sum() / samples)

    low = np.log(max(penalty, float(variances.min()) * 1e-12, 1e-290))
    high = np.log(penalty + float(variances.sum()) / samples) + 1
    if surplus(low) >= 0:
        return 0.0
    return float(np.exp(brentq(surplus, low, high, xtol=1e-14, rtol=1e-14)))


def expected_squares(weights: np.ndarray) -> np.ndarray:
    """E b_i^2 for b = z / |z|, z_i normal with variance `weights`[i].

    1/q is the integral of exp(-t q) over t > 0, so that E z_i^2/|z|^2 = integral of w_i (1 + 2 t
    w_i)^(-3/2) times the product over the others of (1 + 2 t w_j)^(-1/2).
    """
    if np.ptp(weights) == 0:
        return np.full(len(weights), 1 / len(weights))
    scaled = weights / weights.sum()

    def integrand(log: float) -> np.ndarray:
        time = np.exp(log)
        grown = 1 + 2 * time * scaled
        product = np.exp(-0.5 * np.log(grown).sum())
        return np.asarray(scaled / grown * product * time)

    found: np.ndarray = quad_vec(integrand, -40.0, 40.0, epsrel=1e-10)[0]
    return np.asarray(found / found.sum())
