"""`balanced`: label noise with the same share of every class and of every confusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Corruption, word
from ddspec.vocabulary.noise import redrawn
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@word
class Balanced(Corruption):
    """Label noise that moves exactly a share p of every class to the other classes in equal parts:
    of the first m samples of a class floor(m p) are moved, and of every k - 1 that are moved one
    goes to each of the k - 1 other classes, in drawn order.

    A label's fate depends on its place among the labels of its class, so training sets stay nested.

    Source: Heckel & Yilmaz, "Early stopping in deep networks: double descent and how to eliminate
    it", 2021 (class-balanced noise).
    Example: balanced(20%)
    """

    share: float = number("share of the training labels of each class", at_least=0, at_most=1)

    @property
    def neutral(self) -> bool:
        return self.share == 0

    def corrupt(self, labels: np.ndarray, classes: int, draws: Draws) -> np.ndarray:
        import numpy as np

        noisy, others = labels.copy(), max(classes - 1, 1)
        for each in range(classes):
            own = np.flatnonzero(labels == each)
            moved = own[redrawn(self.share, "exact", len(own), draws)]
            rounds = -(-len(moved) // others)
            keys = draws.generator("shift", each).random((rounds, others))
            shifts = 1 + keys.argsort(axis=1).ravel()[: len(moved)]
            noisy[moved] = (each + shifts) % classes
        return noisy
