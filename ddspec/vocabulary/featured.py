"""Risk of ridge regression on random features in the limit of many samples, features and inputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import erf, expit, ndtr

Function = Callable[[Any], Any]
FUNCTIONS: Final[dict[str, Function]] = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "tanh": np.tanh,
    "sigmoid": expit,
    "gelu": lambda x: x * ndtr(x),
    "silu": lambda x: x * expit(x),
    "softplus": lambda x: np.logaddexp(0, x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "erf": lambda x: erf(x / np.sqrt(2)),
    "identity": lambda x: x,
    "quadratic": np.square,
    "step": lambda x: np.heaviside(x, 0.0),
}


@cache
def moments(activation: str) -> tuple[float, float]:
    """E g(z) z and the variance of g(z) that no linear function of z explains, z normal."""
    function = FUNCTIONS[activation]

    def mean(power: int, degree: int) -> float:
        def integrand(z: float) -> float:
            weight = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
            return float(function(z) ** power * z**degree * weight)

        return float(quad(integrand, -12, 0)[0] + quad(integrand, 0, 12)[0])

    linear = mean(1, 1)
    return linear, mean(2, 0) - mean(1, 0) ** 2 - linear**2


def featured(
    ratios: tuple[float, float], penalty: float, linear: float, rest: float
) -> tuple[float, float, float] | None:
    """Error of a linear target of norm 1, error that noise of variance 1 adds, and the root of
    training over test loss; None where they are infinite.

    ratios: features and samples, both over inputs. penalty: of mean squared error + penalty |a|^2.
    linear, rest: squared linear moment and remaining variance of the features.
    """
    p, n = ratios
    z = linear / rest
    product, used = _resolvents(p, n, z, penalty * n / rest)
    if used == p == n:
        return None
    c = -product
    cubic = (p * n - p - n + 1) * c**3 * z**3
    base = -(c**5) * z**3 + 3 * c**4 * z**2
    below = base + cubic - 2 * c**3 * z**2 - 3 * c**3 * z
    below += (p + n - 3 * p * n + 1) * c**2 * z**2 + 2 * c**2 * z + c**2 + 3 * p * n * c * z - p * n
    biased = n * c**3 * z**2 - n * c**2 * z + p * n * c * z - p * n
    noisy = -base + (p - 1) * c**3 * z**3 + 2 * c**3 * z**2 + 3 * c**3 * z
    noisy -= (p + 1) * c**2 * z**2 + 2 * c**2 * z + c**2
    return biased / below, noisy / below, 1 - used / n


def _resolvents(p: float, n: float, z: float, square: float) -> tuple[float, float]:
    """The product c of two resolvents on the imaginary axis, i a and i b, and q(c).

    a (x + b + z b / (1 + z a b)) = p and b (x + a + z a / (1 + z a b)) = n with x^2 = `square`; so
    with c = a b and q = c + z c / (1 + z c): a x = p - q, b x = n - q, and (p - q)(n - q) = c x^2.
    Left of the largest c, where q = min(p, n), the one side falls and the other rises.
    """
    least = min(p, n)
    middle = 1 + z - least * z
    largest = (np.sqrt(middle**2 + 4 * z * least) - middle) / (2 * z) if z > 0 else least

    def used(c: float) -> float:
        return float(c + z * c / (1 + z * c))

    if square == 0:
        return float(largest), least

    def surplus(c: float) -> float:
        return (p - used(c)) * (n - used(c)) - c * square

    if surplus(largest) >= 0:  # by rounding: the penalty is too small to matter
        return float(largest), least
    c = brentq(surplus, 0, largest, xtol=1e-15)
    return float(c), used(c)
