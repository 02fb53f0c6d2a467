"""`class_imbalance`: a training set with fewer samples of some classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Dataset, Shape, Transform, word
from ddspec.vocabulary.schema import number, numbers

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.labels import Labels


@word
class ClassImbalance(Transform):
    """Training samples of class c are kept with share s_c, chosen before label noise and by true
    classes; `samples` are the first of those kept, so training sets stay nested.

    Of the samples of class c in the seed's order the j-th (from 0) is kept when floor((j + 1) s_c)
    > floor(j s_c): exactly floor(m s_c) of the first m. `ratio: r` is the exponential profile s_c =
    r^(-c / (k - 1)) of k classes, the first class r times as frequent as the last; `shares` gives
    every s_c instead. Validation and test samples keep their classes. Nothing is drawn.

    Source: Cui et al., "Class-balanced loss based on effective number of samples", 2019, section 5.
    Example: class_imbalance(ratio: 100)
    """

    ratio: float = number(
        "how many times as frequent the first class is as the last", default=1.0, at_least=1
    )
    shares: tuple[float, ...] = numbers(
        "share of each class that is kept, in place of the profile; [] for the profile",
        default=(),
        at_least=0,
        at_most=1,
    )

    @property
    def neutral(self) -> bool:
        return not self.shares and self.ratio == 1

    @property
    def where(self) -> tuple[str, ...]:
        return ()

    def refuses(self, dataset: Dataset, shape: Shape) -> str:
        if dataset.classes is None or dataset.tokens:
            return "has no classes"
        if dataset.capacity is None:
            return "draws as many samples as are asked for, with none to leave out"
        if self.shares and len(self.shares) != dataset.classes:
            return f"has {dataset.classes} classes, and {len(self.shares)} shares are given"
        return ""

    def shares_of(self, classes: int) -> tuple[float, ...]:
        """The share of each class that is kept."""
        steps = max(classes - 1, 1)
        return self.shares or tuple(self.ratio ** (-c / steps) for c in range(classes))

    def keeps(self, labels: Labels, classes: int | None, draws: Draws) -> np.ndarray:
        import numpy as np

        from ddspec.vocabulary.noise import redrawn

        assert classes is not None
        kept = np.zeros(len(labels), bool)
        for each, share in enumerate(self.shares_of(classes)):
            own = np.flatnonzero(labels.clean == each)
            kept[own] = redrawn(share, "exact", len(own), draws)
        return kept
