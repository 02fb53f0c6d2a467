"""`cosine`: a rate that falls to zero along half a cosine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    import numpy as np


@word
class Cosine(Schedule):
    """last + (rate - last) (1 + cos(pi t / T)) / 2 at step t = 0, 1, ... of T.

    It looks ahead: the rate at a step depends on the total length T.

    Source: Loshchilov & Hutter, "SGDR", 2017, equation 5 without restarts.
    Example: cosine(0.1)
    """

    looks_ahead: ClassVar[bool] = True

    rate: float = number("the first rate", above=0)
    last: float = number("the rate it falls to", default=0.0, at_least=0)

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        wave = (1 + np.cos(np.pi * steps.astype(np.float64) / total)) / 2
        return self.last + (self.rate - self.last) * wave
