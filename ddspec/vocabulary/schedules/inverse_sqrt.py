"""`inverse_sqrt`: a rate that falls with the square root of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, duration, flag, number
from ddspec.vocabulary.timing import passed

if TYPE_CHECKING:
    import numpy as np


@word
class InverseSqrt(Schedule):
    """rate / sqrt(1 + floor(t / every)) at step t = 0, 1, ...; `floored: false` leaves out floor.

    Source: Nakkiran et al., "Deep double descent", 2019, appendix B (every: 512 steps).
    Example: inverse_sqrt(0.1, every: 512 steps)
    """

    rate: float = number("the first rate", above=0)
    every: Duration = duration("how long each rate holds", default=Duration(512, "steps"))
    floored: bool = flag("whether the rate holds for `every`, or falls at each step", default=True)

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        return self.rate / np.sqrt(1.0 + passed(steps, self.every, floored=self.floored))
