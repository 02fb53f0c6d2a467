"""`prediction_bias`: the loss that averaging over cells leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.comparing import LOSSES, bias, recorded
from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import Across
from ddspec.vocabulary.schema import choice

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.measure import Measure


@word
class PredictionBias(Across):
    """The bias of what is predicted, over the cells along an axis, mean over samples. `squared`:
    the squared error, averaged over outputs as `mse` does, less `prediction_variance`; of a loss
    over classes the outputs are probabilities. `kohavi`: the error less `prediction_variance`.
    `domingos`: how often the commonest class is not the label. Errors of the labels are part of it.

    Source: Yang et al., "Rethinking bias-variance trade-off for generalization of neural networks",
    2020, section 3; Kohavi & Wolpert 1996; Domingos, "A unified bias-variance decomposition", 2000.
    Example: prediction_bias(along: seed.data, samples: 500)
    """

    loss: str = choice("the loss that is decomposed", *LOSSES, default="squared")

    @property
    def recorded(self) -> Measure:
        return recorded(self.loss, self.of, self.samples)

    def across(self, values: np.ndarray) -> np.ndarray:
        return bias(self.loss, values)
