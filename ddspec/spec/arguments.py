"""Arguments: from an expression to the value a word's parameter takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ddspec.errors import Fix, Label
from ddspec.language.tree import (
    Attribute,
    Binary,
    Conditional,
    Expression,
    Group,
    Listing,
    Name,
    Number,
    Quantity,
    String,
)
from ddspec.spec import names, series, sorts
from ddspec.spec.nodes import (
    Choose,
    Constant,
    Measured,
    Node,
    Read,
    Sequence,
    poison,
    union,
)
from ddspec.spec.numbers import known_numbers
from ddspec.spec.problems import label, listed
from ddspec.spec.scope import Column, Declaration, Scope, Thunk
from ddspec.vocabulary.schema import Parameter


def argument(parameter: Parameter, expression: Expression, scope: Scope) -> Node[Any]:
    """The node of a parameter's value; poison, reported, when it cannot be one."""
    match parameter.accepts:
        case "number" | "integer" | "duration":
            named = parameter.named and sorts.sort_of(expression, scope) == "symbol"
            return (_named_number if named else _number)(parameter, expression, scope)
        case "integers" | "numbers" | "durations":
            return _list(parameter, expression, scope)
        case "choice" | "flag":
            return _choice(parameter, expression, scope)
        case "text":
            return _text(parameter, expression, scope)
        case "words":
            return series.series(parameter, expression, scope, _symbolic)
    word: Node[Any] = scope.resolve.word(expression, parameter.kind or "", scope)
    return word


def _number(parameter: Parameter, expression: Expression, scope: Scope) -> Node[Decimal]:
    node: Node[Decimal] = scope.resolve.number(expression, scope)
    return _in_unit(parameter, node, expression, scope)


def _named_number(parameter: Parameter, expression: Expression, scope: Scope) -> Node[Any]:
    """A number for which a name may be written, or an axis or an `if` of both."""
    legal = [name for name, _ in parameter.named]
    match expression:
        case Group(inner=inner):
            return _named_number(parameter, inner, scope)
        case Name(text=text) if text in legal and scope.look_up(expression) is None:
            return Constant(value=text, span=expression.span)
        case Name() | Attribute() | Conditional():
            node = _symbolic(parameter, expression, scope, _named_number)
            if node is not None:
                return node
            if not isinstance(expression, Conditional) and scope.look_up(expression) is None:
                return names.unknown(expression, "name", scope, [*legal, *known_numbers(scope)])
    return _number(parameter, expression, scope)


def _in_unit(
    parameter: Parameter, node: Node[Decimal], expression: Expression, scope: Scope
) -> Node[Decimal]:
    name, units = parameter.name, parameter.units
    text = scope.problems.quote(expression.span)
    if node.poisoned or node.unit in units or (not node.unit and not units[1:]):
        return node
    if not node.unit:
        place, domain = expression.span, text
        if isinstance(node, Read):
            place = node.column.domain.value.span
            domain = f"{node.column.spelling} in {scope.problems.quote(place)}"
            advice = [f"write `{domain} {unit}`" for unit in units]
        else:
            amount = text if isinstance(expression, Number | Group) else f"({text})"
            says = {"epochs": " for passes over the data", "steps": " for parameter updates"}
            advice = [f"write `{name}: {amount} {unit}`{says.get(unit, '')}" for unit in units]
        scope.problems.report(
            "DD201",
            f"`{name}: {text}` needs a unit",
            Label(place, f"{' or '.join(units)}?"),
            also=[label(expression.span, f"used as `{name}` here")],
            notes=_two_readings(text, node, units, scope),
            help=advice,
        )
        return poison(expression.span, node)
    _wrong_unit(parameter, node, expression, scope)
    return poison(expression.span, node)


def _two_readings(
    text: str, node: Node[Decimal], units: tuple[str, ...], scope: Scope
) -> list[str]:
    """How far apart epochs and steps are here, when that is known."""
    draft = scope.draft
    known = draft is not None and draft.samples and draft.batch and "epochs" in units
    if draft is None or not known or not isinstance(node, Constant):
        return []
    samples, batch = draft.samples or 1, draft.batch or 1
    per_epoch = -(-samples // min(batch, samples))
    steps = f"{int(node.value) * per_epoch:,}"
    return [
        (
            f"at `batch: {batch} samples` and {samples} samples, {text} epochs are {steps} steps: "
            f"the two readings differ {per_epoch}-fold"
        )
    ]


def _wrong_unit(
    parameter: Parameter, node: Node[Decimal], expression: Expression, scope: Scope
) -> None:
    wanted = listed(parameter.units, "or") or "a plain number"
    quote = scope.problems.quote
    place, bare, lead = Label(expression.span, f"takes {wanted}"), "", f"{parameter.name}:"
    written: Expression = expression
    also = []
    if isinstance(node, Read):
        written, lead = node.column.domain.value, f"{node.column.spelling} in"
        place = Label(written.span, f"in {node.unit}")
        also = [label(expression.span, f"`{parameter.name}` takes {wanted}")]
    elif isinstance(expression, Quantity):
        place = Label(expression.unit.span, f"takes {wanted}")
    if isinstance(written, Quantity):
        bare = quote(written.value.span)
    units = [f" {unit}" for unit in parameter.units] or [""]
    advice = [f"write `{lead} {bare}{unit}`" for unit in units if bare]
    if isinstance(expression, Binary) and not parameter.units:
        advice = [f"divide by a number in {node.unit}: `/ (1 {node.unit})`"]
    scope.problems.report(
        "DD202",
        f"`{parameter.name}` is not measured in {node.unit}",
        place,
        also=also,
        help=advice,
    )


def _list(parameter: Parameter, expression: Expression, scope: Scope) -> Node[Any]:
    match expression:
        case Group(inner=inner):
            return _list(parameter, inner, scope)
        case Listing(items=items):
            nodes = tuple(_list_item(parameter, item, scope) for item in items)
            if any(node.poisoned for node in nodes):
                return poison(expression.span, *nodes)
            return Sequence(items=nodes, span=expression.span, reads=union(nodes))
        case Name() | Attribute() | Conditional():
            node = _symbolic(parameter, expression, scope, _list)
            if node is not None:
                return node
    names.touch((expression,), scope)
    text = scope.problems.quote(expression.span)
    scope.problems.report(
        "DD204",
        f"`{parameter.name}: {text}` is not a list",
        Label(expression.span, "a list of numbers is needed here"),
        help=[f"write `{parameter.name}: [{text}]` for one, `[{text}, {text}]` for two"],
    )
    return poison(expression.span)


def _list_item(parameter: Parameter, item: Expression, scope: Scope) -> Node[Any]:
    node = _number(parameter, item, scope)
    if parameter.accepts != "durations" or node.poisoned:
        return node
    return Measured(inner=node, span=node.span, reads=node.reads)


def _choice(parameter: Parameter, expression: Expression, scope: Scope) -> Node[Any]:
    legal = parameter.choices or ("true", "false")
    match expression:
        case Group(inner=inner):
            return _choice(parameter, inner, scope)
        case Name(text=text) if text in legal:
            return Constant(value=text, span=expression.span)
        case Name() | Attribute() | Conditional():
            node = _symbolic(parameter, expression, scope, _choice)
            if node is not None:
                return node
            if isinstance(expression, Name):
                if scope.open_ended(expression.text) and not scope.find(expression.text):
                    return poison(expression.span)
                return Constant(value=expression.text, span=expression.span)
    names.touch((expression,), scope)
    text = scope.problems.quote(expression.span)
    quoted = isinstance(expression, String) and expression.value in legal
    scope.problems.report(
        "DD204",
        f"`{parameter.name}: {text}` is not one of its choices",
        Label(expression.span, "a bare name is needed here"),
        help=[f"`{parameter.name}` is one of {listed(legal)}"],
        fix=Fix(expression.span, text[1:-1], "drop the quotes") if quoted else None,
    )
    return poison(expression.span)


def _symbolic(
    parameter: Parameter, expression: Name | Attribute | Conditional, scope: Scope, reader: Any
) -> Node[Any] | None:
    """What a name or an `if` stands for, read by `reader`; None when it stands for nothing."""
    if isinstance(expression, Conditional):
        condition = scope.resolve.condition(expression.condition, scope)
        then = reader(parameter, expression.then, scope)
        otherwise = reader(parameter, expression.otherwise, scope)
        parts = (condition, then, otherwise)
        if any(part.poisoned for part in parts):
            return poison(expression.span, *parts)
        return Choose(
            condition=condition,
            then=then,
            otherwise=otherwise,
            span=expression.span,
            reads=union(parts),
        )
    found = scope.look_up(expression)
    node: Node[Any] | None = None
    match found:
        case Thunk():
            node = reader(parameter, found.value, found.scope)
        case Declaration(kind="let", value=value) if not isinstance(value, tuple):
            inner = names.entered(found, scope)
            node = poison(expression.span) if inner is None else reader(parameter, value, inner)
        case Column(sort="symbol"):
            node = _read_symbols(parameter, found, expression, scope, reader)
    return node


def _read_symbols(
    parameter: Parameter, column: Column, reference: Name | Attribute, scope: Scope, reader: Any
) -> Node[Any]:
    assert scope.draft is not None
    scope.draft.read.add(column.spelling)
    points: tuple[Node[Any], ...] = tuple(
        reader(parameter, item.thunk.value, item.thunk.scope) for item in column.items if item.thunk
    )
    if not points or any(node.poisoned for node in points):
        return poison(reference.span, *points)
    reads = union(points) | {column.dimension}
    return Read(column=column, points=points, span=reference.span, reads=reads)


def _text(parameter: Parameter, expression: Expression, scope: Scope) -> Node[Any]:
    if isinstance(expression, Name | Attribute):
        return Constant(value=names.spelled(expression), span=expression.span)
    if isinstance(expression, String):
        return Constant(value=expression.value, span=expression.span)
    text = scope.problems.quote(expression.span)
    scope.problems.report(
        "DD204",
        f"`{parameter.name}: {text}` is not a name",
        Label(expression.span, "a name is needed here"),
        help=[f"write `{parameter.name}: NAME`"],
    )
    return poison(expression.span)
