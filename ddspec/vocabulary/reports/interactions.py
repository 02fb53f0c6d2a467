"""`interactions`: whether regularizers do more, or less, in company."""

from __future__ import annotations

from ddspec.vocabulary.composing import Factorial
from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.schema import integer


@word
class Interactions(Factorial):
    """What terms of a composition axis do together beyond what they do alone: for two, half of what
    one changes with the other there less what it changes without; 0 where effects add up. Of the
    same sign as the main effects they help each other, of the other sign one replaces the other.

    Source: Yates, "The design and analysis of factorial experiments", 1937; Box, Hunter & Hunter,
    "Statistics for experimenters", 2005, chapter 5.
    Example: interactions(of: test_error, over: reg, order: 2)
    """

    order: int = integer("terms of the largest interaction", default=2, at_least=2)
