"""`prediction_variance`: how much cells differ in what they predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.comparing import LOSSES, recorded, variance
from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import Across
from ddspec.vocabulary.schema import choice

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.measure import Measure


@word
class PredictionVariance(Across):
    """The variance of what is predicted, over the cells along an axis, mean over samples.
    `squared`: the unbiased variance of the outputs, averaged over them as `mse` does; of a loss
    over classes they are probabilities. `kohavi`: (1 - sum over classes of p^2) / 2, unbiased, p
    the shares of cells that choose them. `domingos`: the share of cells that do not choose the
    commonest class.

    Source: Yang et al., "Rethinking bias-variance trade-off for generalization of neural networks",
    2020, section 3; Kohavi & Wolpert 1996; Domingos, "A unified bias-variance decomposition", 2000.
    Example: prediction_variance(along: seed.data, samples: 500)
    """

    loss: str = choice("the loss that is decomposed", *LOSSES, default="squared")

    @property
    def recorded(self) -> Measure:
        return recorded(self.loss, self.of, self.samples)

    def across(self, values: np.ndarray) -> np.ndarray:
        return variance(self.loss, values)
