"""`best_composition`: whether composing beats the best single regularizer."""

from __future__ import annotations

from ddspec.vocabulary.composing import Selecting
from ddspec.vocabulary.kinds import word


@word
class BestComposition(Selecting):
    """The best composition of two or more terms against the best single term and against none, each
    chosen by `select` for every seed on the other seeds, so that luck is not reported; at every
    design point, all at once, and averaged over them.

    Source: Varma & Simon, "Bias in error estimation when using cross-validation for model
    selection", 2006.
    Example: best_composition(of: test_error, over: reg, select: validation_error)
    """
