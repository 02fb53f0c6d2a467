"""`exponential`: a rate that falls by the same factor in equal times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, duration, flag, number
from ddspec.vocabulary.timing import passed

if TYPE_CHECKING:
    import numpy as np


@word
class Exponential(Schedule):
    """rate * factor^floor(t / every) at step t = 0, 1, ...; `floored: false` leaves out floor, so
    that the rate falls at each step.

    Source: Neyshabur, Tomioka & Srebro, "In search of the real inductive bias", 2015 (0.99 an
    epoch).
    Example: exponential(0.1, factor: 0.99)
    """

    rate: float = number("the first rate", above=0)
    factor: float = number("multiplies the rate", above=0, at_most=1)
    every: Duration = duration("in what time", default=Duration(1, "epochs"))
    floored: bool = flag("whether the rate holds for `every`, or falls at each step", default=True)

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        times = passed(steps, self.every, floored=self.floored)
        return np.asarray(self.rate * self.factor**times)
