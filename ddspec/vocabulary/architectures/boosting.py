"""`boosting`: trees fitted one after the other to what is left to explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.estimator import Estimator, Fitted
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.schema import choice, integer, number
from ddspec.vocabulary.trees import LOOKED_AT, growing, state

if TYPE_CHECKING:
    import numpy as np
    from sklearn.ensemble import GradientBoostingRegressor

    from ddspec.vocabulary.draws import Draws


@word
class Boosting(Estimator):
    """L2 boosting: f_0 = mean of y, f_r = f_(r-1) + shrinkage x a regression tree of at most
    `leaves` leaves fitted to y - f_(r-1), for each output (one-hot class) by itself; of several
    `ensembles`, which differ in their draws, the average. Rounds of a seed nest.
    Parameters: leaves x rounds x ensembles x outputs.

    Source: Belkin et al., "Reconciling modern machine-learning practice and the classical
    bias-variance trade-off", 2019, supplement; Friedman, "Greedy function approximation", 2001.
    Example: boosting(rounds: 100, leaves: 10)
    """

    rounds: int = integer("trees that follow each other", at_least=1, unit="rounds")
    leaves: int = integer("most leaves of a tree", at_least=2, unit="leaves")
    shrinkage: float = number("the share of a tree that is added", default=0.85, above=0, at_most=1)
    ensembles: int = integer("how many boosted sequences are averaged", default=1, at_least=1)
    looks_at: str = choice("the inputs that a split is chosen from", *LOOKED_AT, default="sqrt")

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return self.leaves * self.rounds * self.ensembles * outputs

    def work(self, samples: int, inputs: int, outputs: int) -> float:
        trees = self.rounds * self.ensembles * outputs
        return trees * growing(samples, inputs, 1, self.leaves, self.looks_at)

    def fitted(
        self, inputs: np.ndarray, wanted: np.ndarray, counts: np.ndarray | None, draws: Draws
    ) -> Fitted:
        import numpy as np

        columns = [
            [
                self._sequence(state(draws, "boosting", number, column)).fit(
                    inputs, wanted[:, column], sample_weight=counts
                )
                for number in range(self.ensembles)
            ]
            for column in range(wanted.shape[1])
        ]

        def outputs(rows: np.ndarray) -> np.ndarray:
            means = [np.mean([one.predict(rows) for one in column], axis=0) for column in columns]
            return np.stack(means, axis=1)

        return Fitted(outputs)

    def _sequence(self, seed: int) -> GradientBoostingRegressor:
        from sklearn.ensemble import GradientBoostingRegressor

        return GradientBoostingRegressor(
            loss="squared_error",
            learning_rate=self.shrinkage,
            n_estimators=self.rounds,
            max_leaf_nodes=self.leaves,
            max_depth=None,
            max_features=LOOKED_AT[self.looks_at],
            random_state=seed,
        )
