"""`lasso`: least squares with an l1 penalty."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.linear_estimator import LinearEstimator
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws

TOLERANCE, ROUNDS = 1e-9, 10_000  # of coordinate descent


@word
class Lasso(LinearEstimator):
    """min |A W - Y|^2 / (n k) + strength |W|_1 for n samples and k outputs, classes one-hot: the
    objective of `mse` with `l1(strength)`. By coordinate descent until the duality gap is below
    1e-9 |y|^2; where that takes long, along the path of solutions from the largest strength down.
    The limit at strength 0 is `basis_pursuit`.

    Source: Tibshirani, "Regression shrinkage and selection via the lasso", 1996; Efron et al.,
    "Least angle regression", 2004.
    Example: lasso(1e-3, of: linear(features: 200))
    """

    strength: float = number("strength of the l1 penalty", above=0)

    def solved(
        self, features: np.ndarray, wanted: np.ndarray, counts: np.ndarray | None, draws: Draws
    ) -> np.ndarray:
        import numpy as np

        if counts is not None:
            root = np.sqrt(counts * (len(counts) / counts.sum()))[:, None]
            features, wanted = features * root, wanted * root
        # scikit-learn minimizes |A w - y|^2 / (2 n) + alpha |w|_1 for each output
        alpha, matrix = self.strength * wanted.shape[1] / 2, np.asfortranarray(features)
        return np.stack([_least(matrix, column, alpha) for column in wanted.T], axis=1)


def _least(matrix: np.ndarray, target: np.ndarray, alpha: float) -> np.ndarray:
    """w, (p,), minimizing |matrix w - target|^2 / (2 n) + alpha |w|_1."""
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import Lasso as Descent
    from sklearn.linear_model import lars_path

    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            descent = Descent(alpha=alpha, fit_intercept=False, tol=TOLERANCE, max_iter=ROUNDS)
            return np.asarray(descent.fit(matrix, target).coef_, np.float64)
        except ConvergenceWarning:
            path = lars_path(matrix, target, method="lasso", alpha_min=alpha, return_path=False)
            return np.asarray(path[2], np.float64)
