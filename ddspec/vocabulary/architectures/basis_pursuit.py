"""`basis_pursuit`: the interpolating weights of least l1 norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.linear_estimator import LinearEstimator

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@word
class BasisPursuit(LinearEstimator):
    """For each output min |w|_1 subject to A w = y, solved as a linear program; where no w
    interpolates, among those of least squared error. The limit of `lasso` at strength 0.

    Source: Chen, Donoho & Saunders, "Atomic decomposition by basis pursuit", 2001.
    Example: basis_pursuit(of: linear(features: 200))
    """

    def solved(
        self, features: np.ndarray, wanted: np.ndarray, counts: np.ndarray | None, draws: Draws
    ) -> np.ndarray:
        import numpy as np

        if counts is not None:  # they matter where nothing interpolates
            root = np.sqrt(counts)[:, None]
            features, wanted = features * root, wanted * root
        return np.stack([_least(features, column) for column in wanted.T], axis=1)


def _least(matrix: np.ndarray, target: np.ndarray) -> np.ndarray:
    """w, (p,), of least l1 norm among the minimizers of |matrix w - target|."""
    import numpy as np
    from scipy.optimize import linprog

    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    rank = int((values > max(matrix.shape) * np.finfo(float).eps * values[:1]).sum())
    rows, sums = right[:rank], left[:, :rank].T @ target / values[:rank]
    if rank == matrix.shape[1] or not rank:  # one minimizer, or only zeros to choose from
        unique: np.ndarray = rows.T @ sums
        return unique
    # w = plus - minus, both at least 0; the rows are orthonormal
    found = linprog(np.ones(2 * rows.shape[1]), A_eq=np.hstack([rows, -rows]), b_eq=sums)
    if found.x is None:
        raise ArithmeticError(f"the linear program has no solution: {found.message}")
    plus, minus = np.split(found.x, 2)
    return _polished(rows, sums, plus - minus)


def _polished(rows: np.ndarray, sums: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weights with the program's tolerance, 1e-7, taken out: exact on where they are not 0."""
    import numpy as np

    support = np.flatnonzero(weights)
    exact = np.zeros_like(weights)
    exact[support] = np.linalg.lstsq(rows[:, support], sums, rcond=None)[0]
    near = np.allclose(rows @ exact, sums, rtol=0, atol=1e-9 * np.abs(sums).max(initial=1.0))
    return exact if near else weights
