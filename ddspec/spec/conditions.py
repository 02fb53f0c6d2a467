"""Conditions: what `where`, `except`, `when` and `if` ask of a grid point."""

from __future__ import annotations

from typing import Any

import attrs

from ddspec.errors import Label
from ddspec.language.tree import (
    Attribute,
    Binary,
    Chain,
    Conditional,
    Expression,
    Group,
    Name,
    Unary,
)
from ddspec.spec import algebra, compositions, names, numbers, sorts, units
from ddspec.spec.nodes import (
    Choose,
    Constant,
    Node,
    poison,
    shared,
    union,
)
from ddspec.spec.problems import listed
from ddspec.spec.questions import (
    COMPARE,
    Among,
    Compare,
    Condition,
    Junction,
    Not,
    Terms,
    shape_reads,
)
from ddspec.spec.scope import Column, Declaration, Scope, Thunk
from ddspec.spec.spelling import replacement, similar
from ddspec.vocabulary import registry


def condition(expression: Expression, scope: Scope) -> Condition:  # noqa: PLR0911 -- a case a shape
    """The node of a condition; poison, reported, for anything else."""
    match expression:
        case Group(inner=inner):
            return condition(inner, scope)
        case Chain(operator="and" | "or" as joint, operands=operands):
            parts = tuple(condition(operand, scope) for operand in operands)
            node = Junction(every=joint == "and", conditions=parts, span=expression.span)
            return _whole(node, parts)
        case Unary(operator="not", operand=operand):
            inner_node = condition(operand, scope)
            return _whole(Not(condition=inner_node, span=expression.span), (inner_node,))
        case Binary(operator="is" | "has"):
            return _membership(expression, scope)
        case Binary(operator=sign) if sign in COMPARE:
            return _comparison(expression, scope)
        case Conditional():
            return _conditional(expression, scope)
        case Name() | Attribute():
            return _reference(expression, scope)
    return _no_condition(expression, scope)


def _whole(node: Node[Any], parts: tuple[Node[Any], ...]) -> Node[Any]:
    poisoned = any(part.poisoned for part in parts)
    return attrs.evolve(node, reads=union(parts), poisoned=poisoned)


def _conditional(expression: Conditional, scope: Scope) -> Condition:
    branches = (expression.condition, expression.then, expression.otherwise)
    parts = tuple(condition(branch, scope) for branch in branches)
    asked, then, otherwise = parts
    node = Choose(condition=asked, then=then, otherwise=otherwise, span=expression.span)
    return _whole(node, parts)


def _reference(reference: Name | Attribute, scope: Scope) -> Condition:
    found = scope.look_up(reference)
    if isinstance(found, Thunk):
        return condition(found.value, found.scope)
    if isinstance(found, Declaration) and found.kind == "let":
        inner = names.entered(found, scope)
        if inner is None or isinstance(found.value, tuple):
            return poison(reference.span)
        value = found.value
        return scope.once("condition", found, lambda: shared(condition(value, inner)))
    if found is None and names.spelled(reference) in ("true", "false"):
        return Constant(value=names.spelled(reference) == "true", span=reference.span)
    if found is None:
        return names.unknown(reference, "name", scope, numbers.known_numbers(scope))
    return _no_condition(reference, scope)


def _comparison(expression: Binary, scope: Scope) -> Condition:
    for side in (expression.left, expression.right):
        if sorts.sort_of(side, scope) == "composition" or _names_symbols(side, scope):
            names.touch((expression,), scope)
            return _not_comparable(expression, side, scope)
    left = scope.resolve.number(expression.left, scope)
    right = scope.resolve.number(expression.right, scope)
    if left.unit and right.unit and left.unit != right.unit:
        pair = (left.unit, left.span), (right.unit, right.span)
        units.clash(*pair, scope, "compared")
        return poison(expression.span, left, right)
    node = Compare(operator=expression.operator, left=left, right=right, span=expression.span)
    return _whole(node, (left, right))


def _names_symbols(side: Expression, scope: Scope) -> bool:
    if not isinstance(side, Name | Attribute):
        return False
    found = scope.look_up(side)
    return isinstance(found, Column) and found.sort == "symbol"


def _not_comparable(expression: Binary, side: Expression, scope: Scope) -> Condition:
    quote = scope.problems.quote
    left, right = quote(expression.left.span), quote(expression.right.span)
    legal = {"==": f"{left} is {right}", "!=": f"not {left} is {right}"}.get(expression.operator)
    scope.problems.report(
        "DD204",
        f"`{quote(side.span)}` cannot be compared by `{expression.operator}`",
        Label(side.span, "not a number"),
        help=[f"write `{legal}`"] if legal else ["use `is` or `has`"],
    )
    return poison(expression.span)


def _membership(expression: Binary, scope: Scope) -> Condition:
    left = expression.left
    column = scope.look_up(left) if isinstance(left, Name | Attribute) else None
    if not isinstance(column, Column):
        return _no_axis_asked(expression, scope)
    assert scope.draft is not None
    scope.draft.read.add(column.spelling)
    if column.sort == "number":
        return _number_asked(expression, scope)
    if column.sort == "symbol" and column.recipes is None:
        return _symbol_asked(expression, column, scope)
    return _composition_asked(expression, column, scope)


def _no_axis_asked(expression: Binary, scope: Scope) -> Condition:
    left = expression.left
    names.touch((expression.right,), scope)
    axes = [] if scope.draft is None else list(scope.draft.columns)
    if isinstance(left, Name | Attribute) and scope.look_up(left) is None:
        return names.unknown(left, "axis", scope, axes)
    if scope.draft is not None:
        text = scope.problems.quote(left.span)
        scope.problems.report(
            "DD204",
            f"`{text}` is not an axis",
            Label(left.span, f"`{expression.operator}` asks about an axis"),
            help=[f"the axes here are {listed(axes)}"] if axes else [],
        )
    return poison(expression.span)


def _number_asked(expression: Binary, scope: Scope) -> Condition:
    quote = scope.problems.quote
    names.touch((expression.right,), scope)
    left, right = quote(expression.left.span), quote(expression.right.span)
    scope.problems.report(
        "DD204",
        f"`{left}` is an axis of numbers",
        Label(expression.span, f"`{expression.operator}` asks about names and regularizers"),
        help=[f"write `{left} == {right}`"],
    )
    return poison(expression.span)


def _symbol_asked(expression: Binary, column: Column, scope: Scope) -> Condition:
    values = [item.thunk.value for item in column.items if item.thunk is not None]
    levels = frozenset(i for i, value in enumerate(values) if value == expression.right)
    if not levels or expression.operator == "has":
        quote = scope.problems.quote
        text, shown = quote(expression.right.span), [quote(value.span) for value in values]
        near = similar(text, shown)
        scope.problems.report(
            "DD205",
            f"`{column.spelling}` is never `{text}`",
            Label(expression.right.span, f"not a point of `{column.spelling}`"),
            also=[Label(column.domain.value.span, "its points")],
            help=[f"write `{column.spelling} is {near or shown[0]}`"] if shown else [],
            fix=replacement(expression.right.span, text, near),
        )
        return poison(expression.span)
    return Among(
        column=column, levels=levels, span=expression.span, reads=frozenset({column.dimension})
    )


def _composition_asked(expression: Binary, column: Column, scope: Scope) -> Condition:
    composition = compositions.read(column, expression.left.span)
    right = expression.right
    shape = shape_reads(composition)
    if expression.operator == "has" and isinstance(right, Name) and scope.find(right.text) is None:
        word = registry.find("regularizer", right.text)
        if word is not None:
            return Terms(composition=composition, word=word, span=expression.span, reads=shape)
    wanted = compositions.recipes(right, scope)
    parts = [part for recipe in wanted for part in recipe.parts]
    if composition.poisoned or any(part.node.poisoned for part in parts):
        return poison(expression.span)
    if len(wanted) != 1:
        return _one_asked(right, scope)
    only = expression.operator == "is"
    return Terms(
        composition=composition,
        wanted=algebra.either(wanted)[0].key,
        only=only,
        span=expression.span,
        reads=shape,
    )


def _one_asked(right: Expression, scope: Scope) -> Condition:
    scope.problems.report(
        "DD407",
        f"`{scope.problems.quote(right.span)}` is several compositions",
        Label(right.span, "one composition is needed here"),
        help=["ask about one at a time: `reg is a or reg is b`"],
    )
    return poison(right.span)


def _no_condition(expression: Expression, scope: Scope) -> Condition:
    names.touch((expression,), scope)
    text = scope.problems.quote(expression.span)
    ways = ("width <= 64", "reg has dropout", "reg is none", "activation is relu")
    scope.problems.report(
        "DD204",
        f"`{text}` is not a condition",
        Label(expression.span, "true or false is needed here"),
        help=[f"conditions look like {listed(ways)}; join them by `and`, `or`, `not`"],
    )
    return poison(expression.span)
