"""Numbers: arithmetic of literals, lets and axes as nodes, with units checked on the way."""

from __future__ import annotations

from decimal import Decimal

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
    Keyword,
    Name,
    Number,
    Percent,
    Quantity,
    Range,
    Unary,
)
from ddspec.spec import decimals, faults, names, units
from ddspec.spec.nodes import (
    BrokenError,
    Choose,
    Compute,
    Constant,
    Node,
    Point,
    Read,
    poison,
    shared,
    union,
)
from ddspec.spec.problems import listed
from ddspec.spec.scope import Column, Declaration, Scope, Thunk

Numeric = Node[Decimal]


def number(expression: Expression, scope: Scope) -> Numeric:  # noqa: PLR0911 -- a case a shape
    """The node of a numeric expression; poison, reported, for anything else."""
    match expression:
        case Number() | Percent():
            return _literal(expression, scope)
        case Group(inner=inner):
            return number(inner, scope)
        case Quantity():
            return _quantity(expression, scope)
        case Unary(operator="-"):
            return _negative(expression, scope)
        case Binary(operator="+" | "-" | "*" | "/" | "^"):
            return _operation(expression, scope)
        case Conditional():
            return _conditional(expression, scope)
        case Name() | Attribute():
            return _reference(expression, scope)
        case Call():
            return _call(expression, scope)
        case _:
            return _no_number(expression, scope)


def _literal(expression: Number | Percent, scope: Scope) -> Numeric:
    whole = isinstance(expression, Number) and not set(expression.text) & set(".eE")
    try:
        value = decimals.read(expression.text)
        if isinstance(expression, Percent):
            value = decimals.apply("/", [value, Decimal(100)])
    except decimals.ImpossibleError as reason:
        scope.problems.report(
            "DD206",
            f"`{expression.text}` is no number to compute with",
            Label(expression.span, str(reason)),
            help=["write a number between 1e-10000 and 1e10000"],
        )
        return poison(expression.span)
    return Constant(value=value, whole=whole, span=expression.span)


def constant(expression: Expression, scope: Scope, purpose: str) -> Constant[Decimal] | None:
    """A number that is the same everywhere; None, reported, when it depends on an axis."""
    node = number(expression, scope)
    if isinstance(node, Constant):
        return node
    if not node.poisoned:
        scope.problems.report(
            "DD513",
            f"{purpose} cannot depend on an axis",
            Label(expression.span, "reads an axis"),
            help=["write a fixed number here; use the axis where the value is needed"],
        )
    return None


def folded(node: Numeric, scope: Scope) -> Numeric:
    """The node, as a constant when it reads no axis."""
    if node.reads or node.poisoned or isinstance(node, Constant):
        return node
    point = Point({})
    try:
        value = node.at(point)
    except BrokenError:
        faults.report(point.faults, scope.problems)
        return poison(node.span)
    whole = node.whole and decimals.is_whole(value)
    return Constant(value=value, whole=whole, unit=node.unit, span=node.span)


def _quantity(expression: Quantity, scope: Scope) -> Numeric:
    unit = units.known_unit(expression.unit, scope)
    node = number(expression.value, scope)
    if node.unit and unit and node.unit != unit:
        units.clash((node.unit, node.span), (unit, expression.unit.span), scope, "one unit")
        return poison(expression.span, node)
    return attrs.evolve(node, unit=unit or node.unit, span=expression.span)


def _negative(expression: Unary, scope: Scope) -> Numeric:
    node = number(expression.operand, scope)
    zero = Constant(value=Decimal(0), whole=True)
    return _compute("-", (zero, node), expression.span, node.unit, scope)


def _operation(expression: Binary, scope: Scope) -> Numeric:
    left, right = number(expression.left, scope), number(expression.right, scope)
    unit = ""
    if expression.operator in "+-":
        if left.unit and right.unit and left.unit != right.unit:
            pair = (left.unit, left.span), (right.unit, right.span)
            units.clash(*pair, scope, "added")
            return poison(expression.span, left, right)
        unit = left.unit or right.unit
    elif expression.operator == "*":
        unit = "" if left.unit and right.unit else left.unit or right.unit
    elif expression.operator == "/":
        unit = "" if right.unit else left.unit
    return _compute(expression.operator, (left, right), expression.span, unit, scope)


def _compute(
    function: str, operands: tuple[Numeric, ...], span: Span, unit: str, scope: Scope
) -> Numeric:
    if any(operand.poisoned for operand in operands):
        return poison(span, *operands)
    whole = function in decimals.WHOLE or all(operand.whole for operand in operands)
    node = Compute(
        function=function,
        operands=operands,
        span=span,
        unit=unit,
        whole=whole,
        reads=union(operands),
    )
    return folded(node, scope)


def _conditional(expression: Conditional, scope: Scope) -> Numeric:
    condition = scope.resolve.condition(expression.condition, scope)
    then, otherwise = number(expression.then, scope), number(expression.otherwise, scope)
    parts = (condition, then, otherwise)
    if any(part.poisoned for part in parts):
        return poison(expression.span, *parts)
    if then.unit and otherwise.unit and then.unit != otherwise.unit:
        pair = (then.unit, then.span), (otherwise.unit, otherwise.span)
        units.clash(*pair, scope, "two values of one thing")
        return poison(expression.span, *parts)
    return Choose(
        condition=condition,
        then=then,
        otherwise=otherwise,
        span=expression.span,
        unit=then.unit or otherwise.unit,
        whole=then.whole and otherwise.whole,
        reads=union(parts),
    )


def _reference(reference: Name | Attribute, scope: Scope) -> Numeric:  # noqa: PLR0911
    found = scope.look_up(reference)
    match found:
        case Thunk():
            return number(found.value, found.scope)
        case Declaration(kind="let", value=value) if not isinstance(value, tuple):
            inner = names.entered(found, scope)
            if inner is None:
                return poison(reference.span)
            return scope.once("number", found, lambda: shared(number(value, inner)))
        case Declaration():
            name = names.spelled(reference)
            return names.mismatch(reference.span, name, names.what(found), "number", scope)
        case Column():
            return read(found, reference, scope)
    if isinstance(reference, Name) and reference.text == "parameters":
        return _parameters(reference, scope)
    return names.unknown(reference, "name", scope, known_numbers(scope), _bare(reference))


def _bare(reference: Name | Attribute) -> list[str]:
    if isinstance(reference, Name):
        return [f"an axis of this name would be declared in the sweep: `{reference.text} in ...`"]
    return []


def known_numbers(scope: Scope) -> list[str]:
    """Names that can stand for a number here."""
    lets = [n for n, d in scope.names.declarations.items() if d.kind == "let"]
    draft = scope.draft
    columns = {} if draft is None else draft.columns
    axes = [n for n, c in columns.items() if c.sort == "number" and c.kind != "trajectory"]
    return [*scope.parameters, *lets, *axes, *([] if draft is None else draft.lets)]


def read(column: Column, reference: Name | Attribute, scope: Scope) -> Numeric:
    """The value of an axis of numbers."""
    assert scope.draft is not None
    scope.draft.read.add(column.spelling)
    if column.kind == "trajectory":
        return _read_off(column, reference, scope)
    if column.sort != "number":
        name = names.spelled(reference)
        return names.mismatch(reference.span, name, names.what(column), "number", scope)
    if not column.items:
        return poison(reference.span)
    if "number" not in column.nodes:
        column.nodes["number"] = tuple(
            Constant(value=item.number, span=item.span, unit=column.unit) for item in column.items
        )
    return Read(
        column=column,
        points=column.nodes["number"],
        span=reference.span,
        unit=column.unit,
        reads=frozenset({column.dimension}),
    )


def _read_off(column: Column, reference: Name | Attribute, scope: Scope) -> Numeric:
    name = column.spelling
    domain = scope.problems.quote(column.domain.value.span)
    scope.problems.report(
        "DD512",
        f"`{name}` is read off each run, so nothing can depend on it",
        Label(reference.span, "would need a run of its own for every point"),
        also=[Label(column.span, "one run passes all of these points")],
        help=[f"for a training of its own at every point write `{name} in restart({domain})`"],
    )
    return poison(reference.span)


def _parameters(reference: Name, scope: Scope) -> Numeric:
    if scope.draft is None:
        return poison(reference.span)
    if scope.draft.parameters is not None:
        node: Numeric = attrs.evolve(scope.draft.parameters, span=reference.span)
        return node
    scope.draft.blind = True
    scope.problems.report(
        "DD117",
        "`parameters` is not known here",
        Label(reference.span, "is counted once the architecture is made"),
        help=["use it in `where`, `except` or a `let` of the sweep"],
    )
    return poison(reference.span)


def _call(call: Call, scope: Scope) -> Numeric:
    callee = call.callee
    if isinstance(callee, Name | Attribute) and (found := scope.look_up(callee)) is not None:
        name = names.spelled(callee)
        actual = "a value" if isinstance(found, Thunk) else names.what(found)
        return names.mismatch(callee.span, name, actual, "number", scope)
    if isinstance(callee, Name) and callee.text == "tune":
        node: Numeric = scope.resolve.tuned(call, scope)
        return node
    if isinstance(callee, Name) and callee.text in decimals.FUNCTIONS:
        return _function(callee.text, call, scope)
    names.touch(call.arguments, scope)
    if not isinstance(callee, Name | Attribute):
        return _no_number(call, scope)
    return names.unknown(callee, "function", scope, [*decimals.FUNCTIONS, "tune"])


def _function(name: str, call: Call, scope: Scope) -> Numeric:
    values = [a for a in call.arguments if not isinstance(a, Keyword)]
    wrong = len(values) != len(call.arguments) or (
        not values if name in decimals.VARIADIC else len(values) != 1
    )
    if wrong:
        names.touch(call.arguments, scope)
        if scope.draft is not None:
            scope.draft.blind = True
        takes = "one or more numbers" if name in decimals.VARIADIC else "one number"
        scope.problems.report(
            "DD118",
            f"`{name}` takes {takes}",
            Label(call.span, "called otherwise here"),
            help=[f"write `{name}(a, b)`" if name in decimals.VARIADIC else f"write `{name}(a)`"],
        )
        return poison(call.span)
    operands = tuple(number(value, scope) for value in values)
    keeps = name in {"min", "max", "floor", "ceil", "round", "abs"}
    unit = next((o.unit for o in operands if o.unit), "") if keeps else ""
    return _compute(name, operands, call.span, unit, scope)


def _no_number(expression: Expression, scope: Scope) -> Numeric:
    names.touch((expression,), scope)
    text = scope.problems.quote(expression.span)
    advice = []
    if isinstance(expression, Range | Braces | Chain):
        advice = [
            f"for one run each, make an axis of it: `NAME in {text}` in the sweep, and NAME here"
        ]
    elif isinstance(expression, Call | Name):
        advice = [f"functions of numbers are {listed(decimals.FUNCTIONS)}"]
    scope.problems.report(
        "DD204",
        f"`{text}` is not a number",
        Label(expression.span, "one number is needed here"),
        help=advice,
    )
    return poison(expression.span)
