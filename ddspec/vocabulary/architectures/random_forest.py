"""`random_forest`: the average of randomized regression trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.estimator import Estimator, Fitted
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.schema import choice, flag, integer
from ddspec.vocabulary.trees import LOOKED_AT, growing, state

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@word
class RandomForest(Estimator):
    """The average of `trees` regression trees of at most `leaves` leaves, one-hot classes as
    targets: f(x) = (1 / trees) sum_t mean of y over the leaf of x in tree t. Leaves are split best
    first by squared error; every split looks at sqrt(inputs) inputs drawn anew, or all of them.
    Without `bootstrap` every tree sees every sample, so that one tree with enough leaves
    interpolates. Trees and leaves of a seed nest. Parameters: leaves x trees.

    Source: Belkin et al., "Reconciling modern machine-learning practice and the classical
    bias-variance trade-off", 2019, figure 4; Breiman, "Random forests", 2001.
    Example: random_forest(trees: 10, leaves: 2_000)
    """

    trees: int = integer("number of trees", at_least=1, unit="trees")
    leaves: int = integer("most leaves of a tree", at_least=2, unit="leaves")
    looks_at: str = choice("the inputs that a split is chosen from", *LOOKED_AT, default="sqrt")
    bootstrap: bool = flag("whether each tree sees samples drawn with replacement", default=False)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return self.leaves * self.trees

    def work(self, samples: int, inputs: int, outputs: int) -> float:
        return self.trees * growing(samples, inputs, outputs, self.leaves, self.looks_at)

    def fitted(
        self, inputs: np.ndarray, wanted: np.ndarray, counts: np.ndarray | None, draws: Draws
    ) -> Fitted:
        from sklearn.ensemble import RandomForestRegressor

        forest = RandomForestRegressor(
            n_estimators=self.trees,
            max_leaf_nodes=self.leaves,
            max_features=LOOKED_AT[self.looks_at],
            bootstrap=self.bootstrap,
            random_state=state(draws, "forest"),
            n_jobs=1,
        )
        forest.fit(inputs, wanted if wanted.shape[1] > 1 else wanted[:, 0], sample_weight=counts)
        return Fitted(lambda rows: forest.predict(rows).reshape(len(rows), -1))
