"""`left_out`: the full composition less each of its regularizers."""

from __future__ import annotations

from ddspec.vocabulary.composing import Composing
from ddspec.vocabulary.kinds import word


@word
class LeftOut(Composing):
    """What taking one term out of the full composition changes: v(all less i) - v(all). Positive:
    the term lowers the quantity in the company of all others.

    Source: Meyes et al., "Ablation studies in artificial neural networks", 2019.
    Example: left_out(of: test_error, over: reg)
    """
