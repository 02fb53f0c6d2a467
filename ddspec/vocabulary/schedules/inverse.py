"""`inverse`: a rate that falls with time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, duration, flag, number
from ddspec.vocabulary.timing import passed

if TYPE_CHECKING:
    import numpy as np


@word
class Inverse(Schedule):
    """rate / (1 + floor(t / every)) at step t = 0, 1, ...; by default rate / k at the k-th step.
    `floored: false` leaves out floor.

    Source: Robbins & Monro, "A stochastic approximation method", 1951.
    Example: inverse(0.1, every: 1 epochs)
    """

    rate: float = number("the first rate", above=0)
    every: Duration = duration("how long each rate holds", default=Duration(1, "steps"))
    floored: bool = flag("whether the rate holds for `every`, or falls at each step", default=True)

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        return self.rate / (1.0 + passed(steps, self.every, floored=self.floored))
