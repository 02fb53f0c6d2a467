"""Compositions to subset lattices: what of a full factorial is there, and contrasts over it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import attrs
import numpy as np

from ddspec.analysis.composition.compositions import Compositions
from ddspec.errors import DdspecError

SHOWN = 8  # missing compositions that a message names


@attrs.frozen(eq=False)
class Lattice:
    """All subsets of some terms: a full factorial of R of them, each there or not.

    terms: the R terms that vary. places: (2**R,), where along the axis the composition of a subset
    stands; bit i of the number of a subset says whether it has terms[i].
    """

    terms: tuple[str, ...]
    places: np.ndarray

    def has(self) -> np.ndarray:
        """Which terms a subset has, bool (2**R, R)."""
        numbers = np.arange(len(self.places))
        return np.asarray(numbers[:, None] >> np.arange(len(self.terms)) & 1, bool)


def lattices(found: Compositions) -> tuple[Lattice, ...]:
    """The subset lattices of a composition axis: one, or several where terms are alternatives.

    Terms that never stand together (`l2` at two strengths, or an axis of single terms) are
    alternatives: each largest set of terms that do stand together, pair by pair, spans a lattice.
    Terms that no composition is without span none.

    Raises DdspecError where a lattice lacks subsets, naming them: a mean over what is there would
    compare unequal sets of compositions.
    """
    place = {each: n for n, each in enumerate(found.sets)}
    spanned = [(found.base, terms) for terms in _together(found)]
    missing = [
        each for base, terms in spanned for each in _subsets(base, terms) if each not in place
    ]
    if missing:
        raise _unbalanced(found, missing)
    return tuple(
        Lattice(terms, np.asarray([place[each] for each in _subsets(base, terms)]))
        for base, terms in spanned
    )


def whole(found: Compositions) -> Lattice | None:
    """The one lattice that has every composition of the axis, if there is such."""
    try:
        spanned = lattices(found)
    except DdspecError:
        return None
    return spanned[0] if len(spanned) == 1 else None


def items(spanned: Sequence[Lattice], groups: Sequence[Sequence[tuple[str, ...]]]) -> list[str]:
    """Labels of groups of terms, `lasso x drop`, with their lattice where several have them."""
    flat = [" x ".join(group) for each in groups for group in each]
    return [
        name if flat.count(name) == 1 else f"{name} (of {' + '.join(lattice.terms)})"
        for lattice, each in zip(spanned, groups, strict=True)
        for name in (" x ".join(group) for group in each)
    ]


def spread(spanned: Sequence[Lattice], contrasts: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Contrasts over the subsets of lattices, (subsets, items) each, as (compositions, items)."""
    parts = []
    for lattice, contrast in zip(spanned, contrasts, strict=True):
        part = np.zeros((size, contrast.shape[1]))
        part[lattice.places] = contrast
        parts.append(part)
    return np.concatenate(parts, axis=1)


def _subsets(base: frozenset[str], terms: tuple[str, ...]) -> list[frozenset[str]]:
    return [
        base | {term for bit, term in enumerate(terms) if number >> bit & 1}
        for number in range(2 ** len(terms))
    ]


def _together(found: Compositions) -> list[tuple[str, ...]]:
    """The largest sets of varying terms of which any two stand together somewhere."""
    varying = [term for term in found.terms if term not in found.base]
    near = {term: {o for each in found.sets if term in each for o in each} for term in varying}
    sets = _cliques(set(), set(varying), set(), near)
    ordered = [tuple(term for term in varying if term in each) for each in sets]
    return sorted(ordered, key=lambda terms: [varying.index(term) for term in terms])


def _cliques(
    inside: set[str], open_: set[str], seen: set[str], near: dict[str, set[str]]
) -> list[set[str]]:
    """Bron and Kerbosch's search of maximal cliques: few terms, so without pivots."""
    if not open_ and not seen:
        return [inside]
    cliques = []
    for term in sorted(open_):
        others = near[term] - {term}
        cliques += _cliques(inside | {term}, open_ & others, seen & others, near)
        open_, seen = open_ - {term}, seen | {term}
    return cliques


def _unbalanced(found: Compositions, missing: Sequence[frozenset[str]]) -> DdspecError:
    names = list(dict.fromkeys(found.named(each) for each in missing))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return DdspecError(
        f"`{found.over}` has not every subset of its terms: missing are "
        f"{', '.join(names[:SHOWN])}{more}",
        "their runs are missing or diverged"
        if set(names) <= set(found.without)
        else f"sweep all of them: `{found.over} in subsets({' + '.join(found.terms)})`",
        "or have main effects and two-way interactions fitted to what is there: "
        "`main_effects(correct: ols)`",
    )


def groups_of(terms: Sequence[str], lowest: int, order: int) -> list[tuple[str, ...]]:
    """The sets of `lowest` to `order` terms, small ones first."""
    sizes = range(lowest, min(order, len(terms)) + 1)
    return [group for size in sizes for group in combinations(terms, size)]
