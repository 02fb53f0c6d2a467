"""`uniform`: label noise that may redraw the true class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.noise import LabelNoise, redrawn

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@word
class Uniform(LabelNoise):
    """Label noise that redraws a share of the labels uniformly over all classes, the true one
    included: with k classes a share p of redrawn labels makes (1 - 1/k) p of them wrong. Random
    labels, which inputs say nothing about, are `uniform(100%)` (Zhang et al., 2017).

    Source: Greydanus & Kobak (2024), double-descent notebook.
    Example: uniform(15%)
    """

    @property
    def random_labels(self) -> bool:
        return self.share == 1

    def corrupt(self, labels: np.ndarray, classes: int, draws: Draws) -> np.ndarray:
        import numpy as np

        drawn = draws.generator("label").random(len(labels))
        chosen = redrawn(self.share, self.count, len(labels), draws)
        return np.where(chosen, (drawn * classes).astype(np.int64), labels)
