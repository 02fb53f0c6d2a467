"""Comparisons that stand for a word: `until: train_error <= 1%` is `train_error(1%)`."""

from __future__ import annotations

from ddspec.language.tree import Binary, Call, Name
from ddspec.spec.no_word import no_comparison, no_end
from ddspec.spec.nodes import Poison
from ddspec.spec.scope import Scope
from ddspec.vocabulary import registry

KIND = "stopping"
SIGN, OTHERS = "<=", ("<", ">", ">=", "==", "!=")
UNSEEN = ("test_", "validation_")


def called(comparison: Binary, scope: Scope) -> Call | Poison:
    """The call that a comparison stands for; poison, reported, where it stands for none.

    A name that is no word is left to the reader of calls, who knows similar ones.
    """
    left, right, sign = comparison.left, comparison.right, comparison.operator
    if not isinstance(left, Name) or sign not in (SIGN, *OTHERS):
        return no_comparison(comparison, scope)
    if left.text.startswith(UNSEEN):
        return no_end(left.text, comparison, scope)
    if sign != SIGN and left.text in registry.names(KIND):
        return no_comparison(comparison, scope)
    return Call(left, (right,), span=comparison.span)
