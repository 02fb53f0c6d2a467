"""`cyclic`: a rate that goes up and down between two values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, duration, number
from ddspec.vocabulary.timing import passed

if TYPE_CHECKING:
    import numpy as np


@word
class Cyclic(Schedule):
    """A triangle: from `low` up to `high` in the time `half`, down again in as much, and so on.

    Source: Smith, "Cyclical learning rates for training neural networks", 2017 (triangular).
    Example: cyclic(low: 0.001, high: 0.1, half: 10 epochs)
    """

    low: float = number("the lowest rate", at_least=0)
    high: float = number("the highest rate", above=0)
    half: Duration = duration("how long it takes from one to the other")

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        away = np.abs(passed(steps, self.half, floored=False) % 2 - 1)
        return np.asarray(self.low + (self.high - self.low) * (1 - away))
