"""`permuted`: label noise that leaves the number of samples of each class as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.noise import LabelNoise, redrawn

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@word
class Permuted(LabelNoise):
    """Label noise that permutes a share of the labels among themselves: class counts stay exactly,
    and some labels come back to their own class. With k equal classes about (1 - 1/k) p of all
    labels are wrong. `permuted(100%)` is a permutation of all labels.

    Which labels take part is nested: those among the first n are the same for every larger set.
    What they become is not, as no permutation of more labels keeps to the first n: it is by the
    order of numbers drawn for every place, over the labels that take part in the set at hand.

    Source: Pezeshki et al., "Multi-scale feature learning dynamics: insights for double descent",
    2022 (labels of a share shuffled).
    Example: permuted(15%)
    """

    def corrupt(self, labels: np.ndarray, classes: int, draws: Draws) -> np.ndarray:
        import numpy as np

        places = np.flatnonzero(redrawn(self.share, self.count, len(labels), draws))
        order = draws.generator("order").random(len(labels))[places].argsort(kind="stable")
        noisy = labels.copy()
        noisy[places] = labels[places[order]]
        return noisy
