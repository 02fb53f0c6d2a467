"""Compositions: expressions of regularizers as alternatives, and as values of the grid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.language.tree import (
    Attribute,
    Binary,
    Braces,
    Call,
    Chain,
    Conditional,
    Expression,
    Group,
    Maybe,
    Name,
    With,
)
from ddspec.spec import algebra, building, labels, lattices, names, scaling, sorts, words
from ddspec.spec.algebra import NONE, Part, Recipe, Recipes, TwiceError
from ddspec.spec.building import Application, Build
from ddspec.spec.nodes import (
    Choose,
    Node,
    Point,
    Read,
    Twice,
    poison,
    union,
)
from ddspec.spec.problems import label, listed
from ddspec.spec.scope import Column, Declaration, Scope, Thunk
from ddspec.vocabulary.kinds import Regularizer

Composition = tuple[Regularizer, ...]


@attrs.frozen(kw_only=True)
class Sum(Node[Composition]):
    """A composition: the terms of its parts, sorted by word and place, neutral ones left out."""

    parts: tuple[Node[Any], ...]

    def at(self, point: Point) -> Composition:
        """The terms at the point."""
        terms: dict[tuple[str, str], tuple[Regularizer, Span]] = {}
        for part in self.parts:
            value = part.at(point)
            for term in value if isinstance(value, tuple) else (value,):
                if term.neutral:
                    continue
                key = (term.name(), term.place)
                if key in terms:
                    about = Twice(terms[key][1], part.span, term.name())
                    raise point.fail(self, about, ("twice", part.span))
                terms[key] = term, part.span
        return tuple(terms[key][0] for key in sorted(terms))


def as_sum(recipe: Recipe, span: Span) -> Sum:
    """The node of one composition."""
    parts = tuple(part.node for part in recipe.parts)
    poisoned = any(part.poisoned for part in parts)
    return Sum(parts=parts, span=span, reads=union(parts), poisoned=poisoned)


def recipes(expression: Expression, scope: Scope) -> Recipes:  # noqa: C901, PLR0911 -- a case a shape
    """The alternatives an expression stands for; a poisoned term where it cannot be read."""
    match expression:
        case Group(inner=inner):
            return recipes(inner, scope)
        case Name(text="none"):
            return NONE
        case Name() | Attribute():
            return _reference(expression, scope)
        case Binary(operator="+"):
            left, right = recipes(expression.left, scope), recipes(expression.right, scope)
            return _together(left, right, scope)
        case Binary(operator="*"):
            return scaling.scaled(expression, scope)
        case Chain(operator="|", operands=parts) | Braces(items=parts):
            return algebra.either(*(recipes(part, scope) for part in parts))
        case Maybe(inner=inner):
            return algebra.optional(recipes(inner, scope))
        case Conditional():
            return _conditional(expression, scope)
        case Call(callee=Name(text=name)) if name in sorts.LATTICES and not scope.find(name):
            return lattices.lattice(name, expression, scope)
        case Call() | With():
            return _term(expression, scope)
    return _no_composition(expression, scope)


def _lost(span: Span, scope: Scope, *parts: Node[Any]) -> Recipes:
    return algebra.lost(span, scope.problems.quote(span), *parts)


def _reference(reference: Name | Attribute, scope: Scope) -> Recipes:
    name = names.spelled(reference)
    found = scope.look_up(reference)
    match found:
        case Thunk():
            return recipes(found.value, found.scope)
        case Column():
            return _of_column(found, reference, scope)
        case Declaration(kind="regularizer" | "let", value=value) if not isinstance(value, tuple):
            if found.parameters:
                return _term(reference, scope)
            inner = names.entered(found, scope)
            if inner is None:
                return _lost(reference.span, scope)
            read = scope.once("recipes", found, lambda: recipes(value, inner))
            return _called(name, reference.span, read)
    return _term(reference, scope)


def _called(name: str, span: Span, found: Recipes) -> Recipes:
    """A declared composition goes by its name; declared alternatives keep their own."""
    if len(found) != 1:
        return found
    (only,) = found
    parts = tuple(attrs.evolve(part, named=span) for part in only.parts)
    if len(parts) == 1:
        parts = (attrs.evolve(parts[0], label=name),)
    return (Recipe(parts, name),)


def _term(expression: Expression, scope: Scope) -> Recipes:
    declared = _declared_call(expression, scope)
    if declared is not None:
        return declared
    found = words.reduce(expression, "regularizer", scope)
    node = building.construct(found) if isinstance(found, Application) else found
    text = scope.problems.quote(expression.span)
    if isinstance(node, Build) and not node.poisoned:
        text = labels.build_text(node, scope.problems)
    part = Part(node, text, expression.span)
    return NONE if part.neutral else algebra.of_part(part)


def _declared_call(expression: Expression, scope: Scope) -> Recipes | None:
    """The alternatives of `menu(1e-3)`, a declared regularizer with parameters."""
    if not isinstance(expression, Call) or not isinstance(expression.callee, Name | Attribute):
        return None
    found = scope.look_up(expression.callee)
    if not isinstance(found, Declaration) or not found.parameters or isinstance(found.value, tuple):
        return None
    if found.kind not in ("regularizer", "let"):
        return None
    inner = words.entered_call(expression, found, expression.callee, scope)
    if inner is None:
        return _lost(expression.span, scope)
    text = scope.problems.quote(expression.span)
    return _called(text, expression.span, recipes(found.value, inner))


def _together(left: Recipes, right: Recipes, scope: Scope) -> Recipes:
    try:
        return algebra.together(left, right)
    except TwiceError as error:
        twice(error.first, error.second, scope)
        return algebra.either(left, right)


def twice(first: Part, second: Part, scope: Scope) -> None:
    """Report a term that a composition has twice at one place."""
    name = second.position[0] if second.position else second.label
    one, other = labelled(first, scope), labelled(second, scope)
    advice = [f"if you meant to compare them, write `{one} | {other}`"] if one != other else []
    places = (first.span, second.span)
    if first.span == second.span:
        places = (first.named or first.span, second.named or second.span)
    total = _sum_of(first, second)
    if total is not None:
        advice.insert(0, f"if you meant the sum, write `{total}`: penalties add up")
    elif second.position is not None:
        advice.insert(0, "keep one of them, or let them act at different places")
    scope.problems.report(
        "DD401",
        f"`{name}` is applied twice at the same place",
        Label(places[1], "applied again here"),
        also=[label(places[0], "first applied here")],
        help=advice,
    )


def labelled(part: Part, scope: Scope) -> str:
    """A term by its word, whatever it was called."""
    if isinstance(part.node, Build):
        return labels.build_text(part.node, scope.problems)
    return part.label


def _sum_of(first: Part, second: Part) -> str | None:
    """The text of the one penalty that two constant ones add up to."""
    terms = [p.node.constant for p in (first, second) if isinstance(p.node, Build)]
    one, other = terms if len(terms) == 2 else (None, None)  # noqa: PLR2004
    if not isinstance(one, Regularizer) or not isinstance(other, Regularizer) or not one.scaled:
        return None
    values = [Decimal(repr(getattr(term, one.scaled))) for term in (one, other)]
    return labels.word_text(_with_strength(one, float(sum(values))))


def _with_strength(term: Any, strength: float) -> Regularizer:
    changed: Regularizer = attrs.evolve(term, **{term.scaled: strength})
    return changed


def _conditional(expression: Conditional, scope: Scope) -> Recipes:
    condition = scope.resolve.condition(expression.condition, scope)
    branches = [recipes(b, scope) for b in (expression.then, expression.otherwise)]
    if any(len(branch) != 1 for branch in branches):
        scope.problems.report(
            "DD407",
            "an `if` chooses between two compositions",
            Label(expression.span, "one of its branches has alternatives"),
            help=["make the alternatives an axis, and filter with `except`"],
        )
        return _lost(expression.span, scope, condition)
    then, otherwise = (as_sum(branch[0], expression.span) for branch in branches)
    parts = (condition, then, otherwise)
    node: Node[Any] = Choose(
        condition=condition,
        then=then,
        otherwise=otherwise,
        span=expression.span,
        reads=union(parts),
        poisoned=any(part.poisoned for part in parts),
    )
    text = scope.problems.quote(expression.span)
    return algebra.of_part(Part(node, f"({text})", expression.span))


# --- axes over compositions -------------------------------------------------------------------


def of_axis(column: Column) -> Recipes:
    """The alternatives along an axis."""
    if column.recipes is None:
        column.recipes = ()  # an axis that reads itself finds nothing
        if column.sort == "composition":
            column.recipes = recipes(column.domain.value, column.domain.scope)
        else:
            thunks = [item.thunk for item in column.items if item.thunk is not None]
            column.recipes = tuple(
                recipe for thunk in thunks for recipe in recipes(thunk.value, thunk.scope)
            )
    found: Recipes = column.recipes
    return found


def _of_column(column: Column, reference: Name | Attribute, scope: Scope) -> Recipes:
    assert scope.draft is not None
    scope.draft.read.add(column.spelling)
    if column.sort == "number":
        name = names.spelled(reference)
        node = names.mismatch(reference.span, name, names.what(column), "regularizer", scope)
        return algebra.of_part(Part(node, name, reference.span))
    return algebra.of_part(Part(read(column, reference.span), column.spelling, reference.span))


def read(column: Column, span: Span) -> Node[Any]:
    """The composition along an axis."""
    points: tuple[Node[Any], ...] = tuple(as_sum(r, column.span) for r in of_axis(column))
    if not points:
        return poison(span)
    return Read(
        column=column,
        points=points,
        span=span,
        reads=union(points) | {column.dimension},
        poisoned=any(point.poisoned for point in points),
    )


def _no_composition(expression: Expression, scope: Scope) -> Recipes:
    names.touch((expression,), scope)
    text = scope.problems.quote(expression.span)
    ways = ("none", "a + b", "a | b", "a?", "2 * a", "subsets(a + b)")
    scope.problems.report(
        "DD204",
        f"`{text}` is not a regularizer",
        Label(expression.span, "a regularizer is needed here"),
        help=[f"with `a` and `b` for regularizers write {listed(ways, 'or')}"],
    )
    return _lost(expression.span, scope)
