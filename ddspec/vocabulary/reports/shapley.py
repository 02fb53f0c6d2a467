"""`shapley`: the change of risk by all regularizers, shared out among them."""

from __future__ import annotations

from ddspec.vocabulary.composing import Composing
from ddspec.vocabulary.kinds import word


@word
class Shapley(Composing):
    """The Shapley value of each term: what it changes when it is added, averaged over all orders in
    which the terms can be added. The values add up to the change by all of them together.

    Source: Shapley, "A value for n-person games", 1953.
    Example: shapley(of: test_error, over: reg)
    """
