"""`noam`: the schedule of the first transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Schedule, word
from ddspec.vocabulary.schema import Duration, duration, integer, number
from ddspec.vocabulary.timing import count_of

if TYPE_CHECKING:
    import numpy as np


@word
class Noam(Schedule):
    """factor * d_model^-1/2 * min(k^-1/2, k * warmup^-3/2) at the k-th step, k = 1, 2, ...

    Source: Vaswani et al., "Attention is all you need", 2017, equation 3.
    Example: noam(d_model: 512, warmup: 4_000 steps)
    """

    d_model: int = integer("features of the transformer", at_least=1)
    warmup: Duration = duration("how long the rate grows", default=Duration(4000, "steps"))
    factor: float = number("multiplies the rate", default=1.0, above=0)

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        import numpy as np

        k, warmup = steps + 1.0, float(count_of(self.warmup))
        return np.asarray(self.factor * self.d_model**-0.5 * np.minimum(k**-0.5, k * warmup**-1.5))
