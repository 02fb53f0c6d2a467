"""`disagreement`: how often cells of other seeds say something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.comparing import Choices, impurity
from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import Across

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.measure import Measure


@word
class Disagreement(Across):
    """The share of samples that two cells of different seeds classify differently, mean over pairs
    of cells along an axis.

    Source: Nakkiran & Bansal, "Distributional generalization", 2020; Jiang et al., "Assessing
    generalization of SGD via disagreement", 2022.
    Example: disagreement(along: seed, of: test, samples: 1_000)
    """

    @property
    def recorded(self) -> Measure:
        return Choices(of=self.of, samples=self.samples)

    def across(self, values: np.ndarray) -> np.ndarray:
        return 2 * impurity(values)
