"""`one_cycle`: a rate that rises once and falls to almost nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    import numpy as np


@word
class OneCycle(Schedule):
    """Half a cosine from rate / start up to `rate` in the first `rise` of T steps, then half a
    cosine down to rate / (start end) at the last of them, as torch's OneCycleLR.

    It looks ahead: the rate at a step depends on the total length T.

    Source: Smith & Topin, "Super-convergence", 2018.
    Example: one_cycle(0.1)
    """

    looks_ahead: ClassVar[bool] = True

    rate: float = number("the highest rate", above=0)
    rise: float = number("share of the steps in which it grows", default=0.3, above=0, below=1)
    start: float = number("the highest over the first rate", default=25.0, at_least=1)
    end: float = number("the first over the last rate", default=1e4, at_least=1)

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        first = self.rate / self.start
        top = max(self.rise * total - 1, 0.0)  # the step of the highest rate
        up = steps / top if top > 0 else np.ones(len(steps))
        down = (steps - top) / max(total - 1 - top, 1.0)
        rising = _between(first, self.rate, np.minimum(up, 1.0))
        falling = _between(self.rate, first / self.end, np.clip(down, 0.0, 1.0))
        return np.where(steps <= top, rising, falling)


def _between(first: float, last: float, share: np.ndarray) -> np.ndarray:
    """Half a cosine from `first` to `last`."""
    import numpy as np

    found: np.ndarray = last + (first - last) * (1 + np.cos(np.pi * share)) / 2
    return found
