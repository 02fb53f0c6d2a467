"""`wrong`: label noise that is always another class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.noise import LabelNoise, redrawn

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@word
class Wrong(LabelNoise):
    """Label noise that moves a share of the labels to another class, uniformly among the wrong
    ones.

    Source: Nakkiran et al., "Deep double descent", 2019, section 4 (count: bernoulli).
    Example: wrong(15%)
    """

    def corrupt(self, labels: np.ndarray, classes: int, draws: Draws) -> np.ndarray:
        import numpy as np

        drawn = draws.generator("label").random(len(labels))
        other = (labels + 1 + (drawn * (classes - 1)).astype(np.int64)) % classes
        return np.where(redrawn(self.share, self.count, len(labels), draws), other, labels)
