"""Label noise: which labels are redrawn is a matter of their place in the seed's order alone."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import attrs

from ddspec.vocabulary.kinds import Corruption
from ddspec.vocabulary.schema import choice, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@attrs.frozen(kw_only=True, slots=False)
class LabelNoise(Corruption):
    """What words of label noise share: how many labels they redraw."""

    share: float = number("share of training labels drawn anew", at_least=0, at_most=1)
    count: str = choice(
        "exactly the share, or each label with that probability",
        "exact",
        "bernoulli",
        default="exact",
    )

    @property
    def neutral(self) -> bool:
        return self.share == 0


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
