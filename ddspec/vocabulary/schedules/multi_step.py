"""`multi_step`: a rate that is cut by a factor at given times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, durations, number
from ddspec.vocabulary.timing import count_of

if TYPE_CHECKING:
    import numpy as np


@word
class MultiStep(Schedule):
    """rate * factor^k, k the number of times in `at` that have come, at step t = 0, 1, ...

    Source: He et al., "Deep residual learning", 2016, section 4.2 (0.1 at two times).
    Example: multi_step(0.1, factor: 0.1, at: [80 epochs, 120 epochs])
    """

    rate: float = number("the first rate", above=0)
    factor: float = number("multiplies the rate", above=0, at_most=1)
    at: tuple[Duration, ...] = durations("times at which the rate is cut")

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        times = np.sort([count_of(time) for time in self.at])
        cuts = np.searchsorted(times, steps, side="right")
        return self.rate * np.power(self.factor, cuts.astype(np.float64))
