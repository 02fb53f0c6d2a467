"""`inverse_sqrt`: a rate that falls with the square root of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, duration, number

if TYPE_CHECKING:
    import numpy as np


@word
class InverseSqrt(Schedule):
    """rate / sqrt(1 + floor(t / every)) at step t = 0, 1, ...

    Source: Nakkiran et al., "Deep double descent", 2019, appendix B (every: 512 steps).
    Example: inverse_sqrt(0.1, every: 512 steps)
    """

    rate: float = number("the first rate", above=0)
    every: Duration = duration("how long each rate holds", default=Duration(512, "steps"))

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        assert self.every.unit == "steps", "the durations of a cell are in steps"
        return self.rate / np.sqrt(1.0 + steps // self.every.count)
