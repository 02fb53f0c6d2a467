"""Values over crossed random factors to the variance that each factor makes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np

Factors = tuple[int, ...]


def components(values: np.ndarray, factors: int) -> dict[Factors, np.ndarray]:
    """Unbiased components of variance of values (n_1, ..., n_factors, ...), each of shape (...).

    The key (0,) is the variance that factor 0 makes alone, (0, 1) what it makes together with
    factor 1, and so on; their sum is the variance of one value when all factors are drawn anew.
    Every factor needs two levels. Each component solves E MS_S = sum over T containing S of
    s^2_T times the levels of the factors outside T, MS the mean squares of the crossed design;
    with one factor it is the sample variance, divided by n - 1. Estimates may be negative.

    Source: Searle, Casella & McCulloch, "Variance components", 1992, section 4.3.
    """
    levels = values.shape[:factors]
    squares = _mean_squares(values, factors)
    found: dict[Factors, np.ndarray] = {}
    for some in sorted(squares, key=len, reverse=True):
        larger = [each for each in found if set(some) < set(each)]
        rest = sum((found[each] * _outside(levels, each) for each in larger), np.zeros(()))
        found[some] = (squares[some] - rest) / _outside(levels, some)
    return {some: found[some] for some in subsets(factors)}


def subsets(factors: int) -> Iterator[Factors]:
    """The subsets of so many factors without the empty one, small ones first."""
    for size in range(1, factors + 1):
        yield from combinations(range(factors), size)


def _outside(levels: Factors, some: Factors) -> int:
    return math.prod(n for place, n in enumerate(levels) if place not in some)


def _mean_squares(values: np.ndarray, factors: int) -> dict[Factors, np.ndarray]:
    """The mean square of every effect: of means less the effects that are part of it."""
    axes, levels = tuple(range(factors)), values.shape[:factors]
    effects: dict[Factors, np.ndarray] = {(): values.mean(axis=axes, keepdims=True)}
    squares = {}
    for some in subsets(factors):
        others = tuple(axis for axis in axes if axis not in some)
        smaller = [each for each in effects if set(each) < set(some)]
        mean = values.mean(axis=others, keepdims=True) if others else values
        effects[some] = mean - sum((effects[each] for each in smaller), np.zeros(()))
        free = math.prod(levels[axis] - 1 for axis in some)
        total = np.square(effects[some]).sum(axis=axes) * _outside(levels, some)
        squares[some] = total / free
    return squares
