"""`constant`: the same rate at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    import numpy as np


@word
class Constant(Schedule):
    """The same rate at every step; a bare number as `lr` means this.

    Source: Robbins & Monro 1951 (the fixed-step special case).
    Example: constant(0.1)
    """

    rate: float = number("the rate", above=0)

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        return np.full(len(steps), self.rate, dtype=np.float64)
