"""Largest margins: the linear classifier that separates samples of several classes."""

from __future__ import annotations

import warnings

import attrs
import numpy as np
from scipy.optimize import linprog, nnls
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

TOLERANCE, ROUNDS = 1e-6, 100_000  # of coordinate descent; liblinear makes no more rounds
HARD, HARD_ROUNDS = 1e4, 2_000  # a slack's price, in units of 1 / |a|^2, that is nearly infinite
NEAR, EXACT = 1e-4, 1e-9  # of a margin of 1: probably on it, and on it but for rounding
EXCHANGES = 30  # of rows that are probably on the margin
SURE, SEPARATED = 0.5, 0.99  # of the margin that is asked for: of a guess, of a solution


@attrs.frozen(eq=False)
class Machine:
    """Samples to classify: features (n, p), labels (n,) from 0, each at least once.

    counts: (n,), what each sample counts, or None. seed: of the order in which they are visited.
    """

    features: np.ndarray
    labels: np.ndarray
    counts: np.ndarray | None
    seed: int

    def soft(self, strength: float) -> np.ndarray:
        """The weights, (p, classes), of least mean hinge loss + (strength / 2) |W|^2."""
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                return self._weights(1 / (strength * len(self.labels)), ROUNDS)
            except ConvergenceWarning:
                text = f"svm: no convergence at strength {strength:g}; take a larger one, or 0"
                raise ArithmeticError(text) from None

    def nearly_hard(self) -> np.ndarray:
        """Weights at, or near, the hard margin, where there is one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            size = (self.features**2).sum(axis=1).mean()
            return self._weights(HARD / max(size, 1e-300), HARD_ROUNDS)

    def _weights(self, price: float, rounds: int) -> np.ndarray:
        machine = LinearSVC(
            C=price,
            multi_class="crammer_singer",
            fit_intercept=False,
            tol=TOLERANCE,
            max_iter=rounds,
            random_state=self.seed,
        )
        machine.fit(self.features, self.labels, sample_weight=self.counts)
        coefficients = np.asarray(machine.coef_, np.float64)
        if len(coefficients) == 1:  # of two classes the difference
            coefficients = np.concatenate([-coefficients, coefficients]) / 2
        return coefficients.T


def largest_margin(machine: Machine) -> np.ndarray:
    """The weights, (p, classes), of least norm and margin 1; where none, of least hinge loss."""
    margins = Margins.of(machine.features, machine.labels)
    guess = margins.basis.T @ machine.nearly_hard()
    flat = _least_norm(margins, guess.reshape(-1), machine.counts)
    return margins.basis @ flat.reshape(guess.shape)


@attrs.frozen(eq=False)
class Margins:
    """(w_y - w_c) . a >= 1 for every sample a of class y and every other class c: rows . W >= 1.

    rows: (samples x rivals, rank x classes), for weights laid flat. basis: (p, rank) orthonormal,
    of the span of the features: weights outside of it only cost norm. rivals: of each sample.
    """

    rows: np.ndarray
    basis: np.ndarray
    rivals: int

    @classmethod
    def of(cls, features: np.ndarray, labels: np.ndarray) -> Margins:
        """The constraints of some samples."""
        classes = int(labels.max()) + 1
        basis, triangle = np.linalg.qr(features.T)  # features = triangle.T @ basis.T
        own = np.eye(classes)[labels]
        against = own[:, None, :] - np.eye(classes)[None]  # (n, c, classes)
        rows = np.einsum("rn,nck->ncrk", triangle, against)
        others = ~own.astype(bool)
        return cls(rows[others].reshape(int(others.sum()), -1), basis, classes - 1)


def _least_norm(margins: Margins, guess: np.ndarray, counts: np.ndarray | None) -> np.ndarray:
    """The largest margin, of a guess that is near it wherever it exists."""
    if (margins.rows @ guess).min() > SURE:
        found = _certified(margins.rows, guess)
    else:
        flat = _least_hinge(margins, counts)
        if (margins.rows @ flat).min() < SEPARATED:
            return flat
        found = None
    return _least_distance(margins.rows) if found is None else found


def _certified(rows: np.ndarray, guess: np.ndarray) -> np.ndarray | None:
    """The W of least norm with rows . W >= 1 from one nearby, if what is found proves to be it.

    It is where W = sum_i u_i rows_i, every u_i >= 0, and 0 off the rows with rows_i . W = 1. Rows
    that pull the wrong way are let go and rows that are missed are taken in, until none is left.
    """
    tight = rows @ guess < 1 + NEAR
    for _ in range(EXCHANGES):
        if not tight.any():
            return None
        pulls = np.zeros(len(rows))
        gram = rows[tight] @ rows[tight].T
        pulls[tight] = np.linalg.lstsq(gram, np.ones(len(gram)), rcond=EXACT)[0]
        flat: np.ndarray = rows.T @ pulls
        wrong, missed = pulls < -EXACT * pulls.max(), rows @ flat < 1 - EXACT
        if not (wrong.any() or missed.any()):
            return flat
        tight = (tight & ~wrong) | missed
    return None


def _least_distance(rows: np.ndarray) -> np.ndarray:
    """The W of least norm with rows . W >= 1, where there are such W.

    By nonnegative least squares: Lawson & Hanson, "Solving least squares problems", 1974, chapter
    23. Slow, and needed only where the guess was no good.
    """
    scale = np.sqrt((rows**2).sum(axis=1).mean())
    matrix = np.vstack([rows.T / scale, np.ones(len(rows))])
    aim = np.zeros(len(matrix))
    aim[-1] = 1.0
    dual, _ = nnls(matrix, aim, maxiter=30 * len(rows))
    rest = matrix @ dual - aim
    flat = -rest[:-1] / rest[-1] / scale
    return np.asarray(flat / (rows @ flat).min())


def _least_hinge(margins: Margins, counts: np.ndarray | None) -> np.ndarray:
    """The W of least sum_i counts_i max(0, 1 - least margin of sample i)."""
    count, width = margins.rows.shape
    samples = count // margins.rivals
    slack = np.repeat(np.eye(samples), margins.rivals, axis=0)
    found = linprog(
        np.concatenate([np.zeros(width), np.ones(samples) if counts is None else counts]),
        A_ub=-np.hstack([margins.rows, slack]),
        b_ub=-np.ones(count),
        bounds=[*[(None, None)] * width, *[(0, None)] * samples],
    )
    if found.x is None:
        raise ArithmeticError(f"the linear program has no solution: {found.message}")
    return np.asarray(found.x[:width])
