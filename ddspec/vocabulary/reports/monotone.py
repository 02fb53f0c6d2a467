"""`monotone`: whether a risk falls all along an axis."""

from __future__ import annotations

import math

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import flag, number, text


@word
class Monotone(Report):
    """Is the risk non-increasing along an axis: monotone, not monotone or undecided, for every
    other design point, with the largest rise r = max over i < j of mean_j - mean_i.

    Not monotone: "the mean is non-increasing" is rejected at the level, by the largest rise in
    standard errors under flipped signs of whole seeds; at 5 % that takes 5 seeds. Monotone: the
    upper bound of r at the level is below `delta`, which is to be chosen before the run; three
    seeds at least. Undecided: otherwise; the finding says how many seeds would decide.

    Source: Westfall & Young, "Resampling-based multiple testing", 1993; Davidson & Flachaire, "The
    wild bootstrap, tamed at last", 2008; Berger, "Multiparameter hypothesis testing and acceptance
    sampling", 1982.
    Example: monotone(test_error, along: width, delta: 1%, level: 5%)
    """

    of: str = text("a risk of the dataset", default="test_error", refers="quantity")
    along: str = text("a numeric axis", default="width", refers="axis")
    delta: float = number("rises that are smaller do not matter", default=0.01, above=0)
    level: float = number("probability of a wrong claim", default=0.05, above=0, below=0.5)
    decreasing: bool = flag("false: is it non-decreasing", default=True)
    relative: bool = flag("rises and delta as shares of the risk they start from", default=False)

    @property
    def fewest_seeds(self) -> int:
        """Without which no curve can be said to rise, nor to fall."""
        return max(3, math.ceil(math.log2(1 / self.level)))
