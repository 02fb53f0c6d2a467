"""Which labels a corruption redraws: a matter of a label's place in the seed's order alone."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


def redrawn(share: float, count: str, labels: int, draws: Draws) -> np.ndarray:
    """Which of the first `labels` places are redrawn, (labels,) bool; a prefix for fewer of them.

    `exact`: place i (from 0) when floor((i + 1) share) > floor(i share), so that the first n places
    hold floor(n share) of them; the share is the decimal number as written. `bernoulli`: place i
    when its own uniform number is below the share.
    """
    import numpy as np

    if count == "bernoulli":
        return np.asarray(draws.generator("place").random(labels) < share)
    exact = Fraction(repr(float(share)))
    small = (labels + 1) * exact.numerator < 2**62
    places = np.arange(labels + 1, dtype=np.int64 if small else object)
    return np.diff(places * exact.numerator // exact.denominator).astype(bool)
