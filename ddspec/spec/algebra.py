"""The algebra of regularizers: alternatives of compositions, an idempotent commutative semiring."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ddspec.errors import Span
from ddspec.spec.building import Build
from ddspec.spec.nodes import Node, Read, poison
from ddspec.spec.problems import TooMuchError
from ddspec.spec.scope import Column
from ddspec.vocabulary.kinds import Regularizer

NOTHING = "none"
MOST_RECIPES = 10_000


@attrs.frozen(eq=False)
class Part:
    """One term of a composition: its node and how a reader would write it."""

    node: Node[Any]
    label: str
    span: Span
    named: Span | None = None  # where it was brought in by name

    @property
    def key(self) -> object:
        """Equal for terms that are the same whatever they were called."""
        if isinstance(self.node, Build) and self.node.constant is not None:
            return self.node.constant
        return self.node

    @property
    def neutral(self) -> bool:
        """True for a term that does nothing."""
        constant = self.node.constant if isinstance(self.node, Build) else None
        return constant is not None and constant.neutral

    @property
    def position(self) -> tuple[str, str] | None:
        """The word and the place it acts at, where that can be said without a grid point."""
        return placed(self.node) if isinstance(self.node, Build) else None

    @property
    def column(self) -> Column | None:
        """The axis the term is read from, if it is."""
        return self.node.column if isinstance(self.node, Read) else None


def placed(build: Build) -> tuple[str, str] | None:
    """The word and its place; None when the place depends on an axis."""
    if build.constant is not None:
        assert isinstance(build.constant, Regularizer)
        return build.constant.name(), build.constant.place
    named = {slot.parameter.name for slot in build.slots}
    fixed = {slot.parameter.field: slot.value for slot in build.slots if slot.settled}
    if "at" in named and "at" not in fixed:
        return None
    return build.word.name(), _place(build.word, fixed)


def _place(word: Any, fixed: dict[str, Any]) -> str:
    """The place of a word of which only some fields are known."""
    probe = object.__new__(word)
    for field in attrs.fields(word):
        default = None if field.default is attrs.NOTHING else field.default
        object.__setattr__(probe, field.name, fixed.get(field.name, default))
    return str(probe.place)


@attrs.frozen(eq=False)
class Recipe:
    """A composition: terms that act together. Without terms it is `none`."""

    parts: tuple[Part, ...]
    label: str = NOTHING

    @property
    def key(self) -> frozenset[object]:
        """Equal for compositions of the same terms, in whatever order; neutral ones left out."""
        return frozenset(part.key for part in self.parts if not part.neutral)


Recipes = tuple[Recipe, ...]
NONE: Recipes = (Recipe(()),)


class TwiceError(Exception):
    """The same term is in a composition twice, at the same place."""

    def __init__(self, first: Part, second: Part) -> None:
        super().__init__(first.label)
        self.first, self.second = first, second


def of_part(part: Part) -> Recipes:
    """A single term."""
    return (Recipe((part,), part.label),)


def lost(span: Span, text: str, *parts: Node[Any]) -> Recipes:
    """Stands for alternatives that could not be read."""
    return of_part(Part(poison(span, *parts), text, span))


def either(*alternatives: Iterable[Recipe]) -> Recipes:
    """`a | b`: one or the other; the same composition counts once."""
    found: dict[frozenset[object], Recipe] = {}
    for recipe in itertools.chain(*alternatives):
        found.setdefault(recipe.key, recipe)
        if len(found) > MOST_RECIPES:
            raise too_many()
    return tuple(found.values())


def too_many() -> TooMuchError:
    """The error of more compositions than anybody compares."""
    title = f"has more than {MOST_RECIPES:,} compositions of regularizers"
    return TooMuchError(title, "every `?` and `|`, and every term of `subsets`, multiplies them")


def together(left: Recipes, right: Recipes) -> Recipes:
    """`a + b`: both act; distributes over alternatives. Raises TwiceError."""
    return either(joined(a, b) for b in right for a in left)


def joined(first: Recipe, second: Recipe) -> Recipe:
    """One composition of the terms of two. Raises TwiceError."""
    for earlier, later in itertools.product(first.parts, second.parts):
        if earlier.position is not None and earlier.position == later.position:
            raise TwiceError(earlier, later)
        if earlier.column is not None and earlier.column is later.column:
            raise TwiceError(earlier, later)
    labels = [recipe.label for recipe in (first, second) if recipe.parts]
    return Recipe((*first.parts, *second.parts), " + ".join(labels) or NOTHING)


def optional(recipes: Recipes) -> Recipes:
    """`a?`: without it or with it."""
    return either(NONE, recipes)


def subsets(recipes: Recipes, upto: int | None = None) -> Recipes:
    """Every choice of at most `upto` of the terms, the smallest first."""
    return either(
        _selected(chosen, recipe)
        for recipe in recipes
        for size in range(len(recipe.parts) + 1)
        if upto is None or size <= upto
        for chosen in itertools.combinations(recipe.parts, size)
    )


def leave_one_out(recipes: Recipes) -> Recipes:
    """All terms, and all but each one."""
    return either(
        recipes,
        tuple(
            _selected([part for part in recipe.parts if part is not left_out], recipe)
            for recipe in recipes
            for left_out in recipe.parts
        ),
    )


def one_at_a_time(recipes: Recipes) -> Recipes:
    """None of the terms, and each one alone."""
    alone = (_selected([part], recipe) for recipe in recipes for part in recipe.parts)
    return either(NONE, tuple(alone))


def _selected(parts: Iterable[Part], whole: Recipe) -> Recipe:
    chosen = tuple(parts)
    if len(chosen) == len(whole.parts):
        return whole
    return Recipe(chosen, " + ".join(part.label for part in chosen) or NOTHING)


def mapped(recipes: Recipes, change: Callable[[Part], Part]) -> Recipes:
    """Every term changed: how a factor distributes over `+` and `|`."""
    changed = []
    for recipe in recipes:
        parts = tuple(change(part) for part in recipe.parts)
        changed.append(Recipe(parts, " + ".join(part.label for part in parts) or NOTHING))
    return either(tuple(changed))
