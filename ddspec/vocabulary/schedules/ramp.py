"""`ramp`: a value that grows or falls by the same amount in equal times, up to a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, duration, flag, number
from ddspec.vocabulary.timing import passed

if TYPE_CHECKING:
    import numpy as np


@word
class Ramp(Schedule):
    """first + amount * floor(t / every) at step t = 0, 1, ... until `last` is reached, then `last`;
    toward a smaller `last` the amount is taken off. `floored: false` leaves out floor.

    Source: Neyshabur, Tomioka & Srebro, "In search of the real inductive bias", 2015 (momentum 0.5,
    0.02 more each epoch up to 0.9).
    Example: ramp(0.5, last: 0.9, amount: 0.02)
    """

    first: float = number("the first value", at_least=0)
    last: float = number("the value it stays at", at_least=0)
    amount: float = number("how much it changes", above=0)
    every: Duration = duration("in what time", default=Duration(1, "epochs"))
    floored: bool = flag("whether a value holds for `every`, or changes at each step", default=True)

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        change = self.amount * passed(steps, self.every, floored=self.floored)
        if self.last >= self.first:
            return np.minimum(self.first + change, self.last)
        return np.maximum(self.first - change, self.last)
