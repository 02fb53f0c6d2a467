"""`asymmetric`: label noise that takes each class for one other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Dataset, word
from ddspec.vocabulary.noise import LabelNoise, redrawn
from ddspec.vocabulary.schema import integers

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@word
class Asymmetric(LabelNoise):
    """Label noise that moves a share of the labels from class c to class m(c): the next one, (c +
    1) mod k, or the c-th number of `onto`. A class that is mapped onto itself stays clean.

    Source: Patrini et al., "Making deep neural networks robust to label noise: a loss correction
    approach", 2017, section 5 (`onto` for similar classes); Han et al., "Co-teaching", 2018 (pair
    flip, the next class).
    Example: asymmetric(20%, onto: [1, 0, 2, 5, 7, 3, 6, 7, 8, 1])
    """

    onto: tuple[int, ...] = integers(
        "what each class is taken for; [] for the next class", default=(), at_least=0
    )

    def refuses(self, dataset: Dataset) -> str:
        if self.onto and len(self.onto) != dataset.classes:
            return f"has {dataset.classes} classes, and {len(self.onto)} are mapped"
        if self.onto and dataset.classes is not None and max(self.onto) >= dataset.classes:
            return f"has classes 0 to {dataset.classes - 1}, and {max(self.onto)} is none of them"
        return ""

    def corrupt(self, labels: np.ndarray, classes: int, draws: Draws) -> np.ndarray:
        import numpy as np

        onto = np.array(self.onto or [(c + 1) % classes for c in range(classes)])
        moved = redrawn(self.share, self.count, len(labels), draws)
        return np.where(moved, onto[labels], labels)
