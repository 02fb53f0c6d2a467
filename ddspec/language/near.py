"""A name nobody declared → the known names it may have been meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The known names within max(1, len(name) // 3) slips of `name`, nearest first.

    A slip is a letter too many, one missing, one wrong, or two neighbors swapped; case does not
    count. Among equals a common first letter wins, then the alphabet. At most `most` are given.
    """
    allowed = max(1, len(name) // 3)
    folded = name.casefold()
    ranked = sorted(
        (slips(folded, other.casefold()), other[:1].casefold() != folded[:1], other)
        for other in set(known)
        if other != name and abs(len(other) - len(name)) <= allowed
    )
    return tuple(other for distance, _, other in ranked if distance <= allowed)[:most]


def slips(a: str, b: str) -> int:
    """The Damerau-Levenshtein distance (optimal string alignment) of two texts."""
    before, row = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
