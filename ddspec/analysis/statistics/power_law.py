"""Logarithms of risks to power laws with a floor, very many at once."""

from __future__ import annotations

from typing import Final

import attrs
import numpy as np

STEPS: Final = 60  # of the descent, from every start
PATIENCE: Final = 4  # steps that gain nothing
DONE: Final = 1e-8  # of the cost: too little to go on for
TURN: Final = 1.345  # of Huber's loss, in units of the noise: 95 % efficient where noise is normal
STEEPEST: Final = 10.0  # the largest exponent
DEEPEST: Final = 14.0  # how far below the smallest risk the floor may lie, in logarithms
EXPONENTS: Final = (0.2, 0.5, 1.0, 2.0)  # to start from
SHARES: Final = (0.001, 0.3, 0.7, 0.95)  # of the smallest risk that the floor is at the start


@attrs.frozen(eq=False)
class Laws:
    """Laws R = exp(floor) + sum over v of exp(scale_v) x_v^-exponent_v, one a row.

    floor (rows,), scale and exponent (rows, variables), cost (rows,): half the sum of squares of
    residuals over the noise, by Huber's loss.
    """

    floor: np.ndarray
    scale: np.ndarray
    exponent: np.ndarray
    cost: np.ndarray

    def at(self, logs: np.ndarray) -> np.ndarray:
        """The logarithm of the risk at places whose logarithms are (places, variables)."""
        each = self.scale[:, None] - self.exponent[:, None] * logs
        terms = np.concatenate([np.broadcast_to(self.floor[:, None, None], (*each.shape[:2], 1)),
                                each], axis=-1)  # fmt: skip
        found: np.ndarray = np.logaddexp.reduce(terms, axis=-1)
        return found


def fit(
    logs: np.ndarray,
    risks: np.ndarray,
    counts: np.ndarray,
    noise: np.ndarray,
    near: Laws | None = None,
) -> Laws:
    """The power laws that are nearest in Huber's loss of log residuals.

    logs (places, variables): of the coordinates. risks (rows, places): logarithms of the risk.
    counts (rows, places): how often each place counts, 0: not at all. noise (rows,): the standard
    error of a log risk. Each row is descended by Levenberg & Marquardt's method from 16 starts (for
    each variable four exponents or two, four floors), or from its law of `near` with three floors,
    and the best kept. scipy.optimize fits one law at a time; this finds the same minima of
    thousands.

    Source: Hoffmann et al., "Training compute-optimal large language models", 2022, section 3.3
    (the objective, its parametrization by log-sum-exp and many starts); Huber, "Robust estimation
    of a location parameter", 1964.
    """
    middle = logs.mean(axis=0)
    problem = _Problem(logs - middle, risks, counts, noise[:, None])
    found, cost = _best(
        problem, _starts(problem) if near is None else _around(problem, near, middle)
    )
    variables = logs.shape[1]
    exponent = found[:, 1 + variables :]
    scale = found[:, 1 : 1 + variables] + exponent * middle
    return Laws(found[:, 0], scale, exponent, cost)


@attrs.frozen(eq=False)
class _Problem:
    """logs are centered; the unknowns of a row are (floor, scales, exponents)."""

    logs: np.ndarray
    risks: np.ndarray
    counts: np.ndarray
    noise: np.ndarray

    def law(self, unknowns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log risks (rows, places) and the share of each term in them (rows, places, terms)."""
        variables = self.logs.shape[1]
        scale, exponent = unknowns[:, 1 : 1 + variables], unknowns[:, 1 + variables :]
        terms = np.empty((len(unknowns), len(self.logs), 1 + variables))
        terms[..., 0] = unknowns[:, :1]
        terms[..., 1:] = scale[:, None] - exponent[:, None] * self.logs
        highest = terms.max(axis=-1, keepdims=True)
        shares = np.exp(terms - highest)
        total = shares.sum(axis=-1, keepdims=True)
        return (highest + np.log(total))[..., 0], shares / total

    def residuals(self, level: np.ndarray) -> np.ndarray:
        return np.asarray((self.risks - level) / self.noise)

    def cost(self, residuals: np.ndarray) -> np.ndarray:
        size = np.abs(residuals)
        each = np.where(size <= TURN, 0.5 * size**2, TURN * (size - 0.5 * TURN))
        found: np.ndarray = (self.counts * each).sum(axis=-1)
        return found

    def smallest(self) -> np.ndarray:
        """The smallest log risk of each row that counts, (rows,)."""
        found: np.ndarray = np.where(self.counts > 0, self.risks, np.inf).min(axis=1)
        return found

    def take(self, rows: np.ndarray) -> _Problem:
        """Some of the rows."""
        return _Problem(self.logs, self.risks[rows], self.counts[rows], self.noise[rows])

    def clipped(self, unknowns: np.ndarray) -> np.ndarray:
        variables = self.logs.shape[1]
        least = self.smallest()
        unknowns[:, 0] = np.clip(unknowns[:, 0], least - DEEPEST, None)
        unknowns[:, 1 + variables :] = np.clip(unknowns[:, 1 + variables :], 0.0, STEEPEST)
        return unknowns


def _best(problem: _Problem, starts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    rows, unknowns = len(problem.risks), 1 + 2 * problem.logs.shape[1]
    best, least = np.zeros((rows, unknowns)), np.full(rows, np.inf)
    for start in starts:
        found, cost = _descended(problem, start)
        better = cost < least
        best[better], least[better] = found[better], cost[better]
    return best, least


def _starts(problem: _Problem) -> list[np.ndarray]:
    """Floors and exponents to begin from; scales so that the law is right at the mean place."""
    variables, made = problem.logs.shape[1], []
    smallest = problem.smallest()
    middle = (problem.risks * problem.counts).sum(axis=1) / problem.counts.sum(axis=1)
    for share in SHARES:
        for exponent in EXPONENTS if variables == 1 else EXPONENTS[1::2]:
            floor = smallest + np.log(share)
            rest = np.exp(middle) - np.exp(floor)
            scale = np.log(np.maximum(rest, 1e-3 * np.exp(middle)) / variables)
            columns = [floor, *[scale] * variables, *[np.full_like(floor, exponent)] * variables]
            made.append(np.stack(columns, axis=1))
    return made


def _around(problem: _Problem, near: Laws, middle: np.ndarray) -> list[np.ndarray]:
    """A law with its own floor, with one far below, and with one just below the smallest risk."""
    scale = near.scale - near.exponent * middle
    start = np.concatenate([near.floor[:, None], scale, near.exponent], axis=1)
    low, high = start.copy(), start.copy()
    low[:, 0] = problem.smallest() - 4
    high[:, 0] = problem.smallest() - 0.1
    return [start, low, high]


def _descended(problem: _Problem, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levenberg & Marquardt's steps, each row with its own damping until it gains no more."""
    found, least = problem.clipped(start.copy()), np.empty(len(start))
    rows, now = np.arange(len(start)), found
    level, shares = problem.law(now)
    residuals = problem.residuals(level)
    cost = problem.cost(residuals)
    damping, still = np.full(len(start), 1e-2), np.zeros(len(start), np.int64)
    for _ in range(STEPS):
        moved = problem.clipped(now + _step(problem, shares, residuals, damping))
        level, there = problem.law(moved)
        beyond = problem.residuals(level)
        price = problem.cost(beyond)
        better = price <= cost
        still = np.where(cost - price > DONE * np.maximum(cost, 1.0), 0, still + 1)
        damping = np.clip(np.where(better, damping / 4, damping * 6), 1e-9, 1e9)
        now = np.where(better[:, None], moved, now)
        shares = np.where(better[:, None, None], there, shares)
        residuals = np.where(better[:, None], beyond, residuals)
        cost = np.where(better, price, cost)
        found[rows], least[rows] = now, cost
        going = still < PATIENCE
        if not going.all():
            rows, now, shares, residuals = rows[going], now[going], shares[going], residuals[going]
            cost, damping, still = cost[going], damping[going], still[going]
            problem = problem.take(going)
        if not len(rows):
            break
    return found, least


def _step(
    problem: _Problem, shares: np.ndarray, residuals: np.ndarray, damping: np.ndarray
) -> np.ndarray:
    slopes = np.concatenate([shares, -shares[..., 1:] * problem.logs], axis=-1)
    slopes /= problem.noise[..., None]
    weights = problem.counts * np.minimum(1.0, TURN / np.maximum(np.abs(residuals), 1e-300))
    weighted = slopes * weights[..., None]
    normal = np.einsum("rpi,rpj->rij", weighted, slopes)
    toward = np.einsum("rpi,rp->ri", weighted, residuals)
    size = np.arange(normal.shape[-1])
    diagonal = normal[:, size, size]
    normal[:, size, size] += damping[:, None] * diagonal + 1e-9 * diagonal.max(1, keepdims=True)
    normal[:, size, size] += 1e-12
    found: np.ndarray = np.linalg.solve(normal, toward[..., None])[..., 0]
    return np.asarray(np.clip(found, -2.0, 2.0))
