"""`warmup`: a rate that first grows from near zero, then follows another schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, duration, word_of
from ddspec.vocabulary.timing import count_of

if TYPE_CHECKING:
    import numpy as np


@word
class Warmup(Schedule):
    """(t + 1) / n times the first rate of `into` at step t = 0, 1, ..., n - 1; from step n on the
    rates of `into` from its start, for the rest of the training.

    It looks ahead when `into` does.

    Source: Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2.
    Example: warmup(1_000 steps, into: cosine(0.1))
    """

    over: Duration = duration("how long the rate grows")
    into: Schedule = word_of("schedule", "what follows, a number or a schedule", lift="constant")

    @property
    def looks_ahead(self) -> bool:
        return self.into.looks_ahead

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        count = count_of(self.over)
        later = self.into.rates(np.maximum(steps - count, 0), max(total - count, 1))
        return later * np.minimum((steps + 1) / count, 1.0)
