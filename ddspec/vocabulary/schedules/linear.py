"""`linear`: a rate that falls along a straight line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    import numpy as np


@word
class Linear(Schedule):
    """rate + (last - rate) t / T at step t = 0, 1, ... of T.

    It looks ahead: the rate at a step depends on the total length T.

    Source: Goyal et al. 2017 and others; torch.optim.lr_scheduler.LinearLR.
    Example: linear(0.1)
    """

    looks_ahead: ClassVar[bool] = True

    rate: float = number("the first rate", above=0)
    last: float = number("the rate it falls to", default=0.0, at_least=0)

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        return self.rate + (self.last - self.rate) * (steps / total)
