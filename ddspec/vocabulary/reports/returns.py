"""`returns`: what one regularizer more brings."""

from __future__ import annotations

from ddspec.vocabulary.composing import Selecting
from ddspec.vocabulary.kinds import word


@word
class Returns(Selecting):
    """The risk of the best composition of k terms, and the mean over those of k terms,
    k = 0, 1, ..., and what the k-th term brings. The best is chosen by `select` for every seed on
    the other seeds.

    Source: Azen & Budescu, "The dominance analysis approach for comparing predictors in multiple
    regression", 2003 (means over the subsets of a size).
    Example: returns(of: test_error, over: reg, select: validation_error)
    """
