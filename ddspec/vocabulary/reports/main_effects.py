"""`main_effects`: what each regularizer does on average over its company."""

from __future__ import annotations

from ddspec.vocabulary.composing import Factorial
from ddspec.vocabulary.kinds import word


@word
class MainEffects(Factorial):
    """What each term of a composition axis does to a quantity, averaged over all subsets of the
    other terms: mean over S of v(S + i) - v(S), with intervals over whole seeds, at every design
    point and averaged over width and samples. Negative lowers it.

    Source: Yates, "The design and analysis of factorial experiments", 1937.
    Example: main_effects(of: test_error, over: reg)
    """
