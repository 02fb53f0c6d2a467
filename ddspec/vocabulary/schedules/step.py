"""`step`: a rate that is cut by a factor at regular times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, duration, number

if TYPE_CHECKING:
    import numpy as np


@word
class Step(Schedule):
    """rate * factor^floor(t / every) at step t = 0, 1, ...

    Source: Belkin et al., "Reconciling modern machine learning practice", 2019, appendix (0.9 every
    500 epochs).
    Example: step(0.1, factor: 0.9, every: 500 epochs)
    """

    rate: float = number("the first rate", above=0)
    factor: float = number("multiplies the rate", above=0, at_most=1)
    every: Duration = duration("how long each rate holds")

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        assert self.every.unit == "steps", "the durations of a cell are in steps"
        return self.rate * np.power(self.factor, (steps // self.every.count).astype(np.float64))
