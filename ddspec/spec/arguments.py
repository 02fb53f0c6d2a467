"""Arguments: from an expression to the value a word's parameter takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.language.tree import (
    Attribute,
    Conditional,
    Expression,
    Group,
    Listing,
    Name,
    Number,
    Quantity,
    String,
)
from ddspec.spec import decimals, names
from ddspec.spec.nodes import (
    BrokenError,
    Choose,
    Constant,
    Node,
    Point,
    Read,
    Sequence,
    poison,
    union,
)
from ddspec.spec.problems import label, listed
from ddspec.spec.scope import Column, Declaration, Scope, Thunk
from ddspec.vocabulary.schema import Duration, Parameter

UNSET: Any = object()
LARGEST = Decimal("1e300")


@attrs.frozen(eq=False)
class Misfit:
    """A value its parameter does not take; `why` is range, whole, choice or flag."""

    slot: Slot
    value: Any
    why: str
    position: int | None = None


class MisfitError(Exception):
    """A value does not fit: why, which value, and which item of a list it is."""

    def __init__(self, why: str, value: Any, position: int | None = None) -> None:
        super().__init__(why)
        self.why, self.value, self.position = why, value, position


@attrs.frozen(eq=False)
class Slot:
    """A parameter with the node of its value.

    `subject` names it in messages (`dropout rate`) and `kind` the kind of its word; `span` is the
    argument as written; `value` is set when it is the same everywhere.
    """

    parameter: Parameter
    subject: str
    node: Node[Any]
    span: Span
    kind: str = ""
    value: Any = UNSET

    def at(self, point: Point) -> Any:
        """The fitting value at a point; leaves a fault there when it does not fit."""
        if self.value is not UNSET:
            return self.value
        raw = self.node.at(point)
        try:
            return fit(self.parameter, raw, self.node.unit)
        except MisfitError as error:
            about = Misfit(self, error.value, error.why, error.position)
            raise point.fail(self.node, about, (self.subject, self.span)) from None

    @property
    def settled(self) -> bool:
        """True when the value is the same everywhere."""
        return self.value is not UNSET

    def key(self) -> tuple[str, Any]:
        """What makes two slots equal: the field and its value, or how the value is had."""
        return self.parameter.field, self.node if self.value is UNSET else self.value


def settled(slot: Slot) -> tuple[Slot, Point]:
    """The slot with its value, when that is the same everywhere, and the faults met."""
    point = Point({})
    if slot.node.poisoned or slot.node.reads or getattr(slot.node, "word", None) is not None:
        return slot, point
    try:
        return attrs.evolve(slot, value=slot.at(point)), point
    except BrokenError:
        return attrs.evolve(slot, node=poison(slot.span)), point


def fit(parameter: Parameter, raw: Any, unit: str = "") -> Any:
    """The value as the parameter's field takes it; raises MisfitError."""
    match parameter.accepts:
        case "number":
            return _number(parameter, raw)
        case "integer":
            return _integer(parameter, raw)
        case "duration":
            return Duration(_integer(parameter, raw), "steps" if unit == "steps" else "epochs")
        case "integers":
            return tuple(_item(parameter, value, i) for i, value in enumerate(raw))
        case "choice" if raw not in parameter.choices:
            raise MisfitError("choice", raw)
        case "flag":
            if raw not in ("true", "false"):
                raise MisfitError("flag", raw)
            return raw == "true"
    return raw


def _number(parameter: Parameter, value: Decimal) -> float:
    if not parameter.admits(value) or abs(value) > LARGEST:
        raise MisfitError("range", value)
    return float(value)


def _integer(parameter: Parameter, value: Decimal) -> int:
    if not decimals.is_whole(value):
        raise MisfitError("whole", value)
    if not parameter.admits(value) or abs(value) > LARGEST:
        raise MisfitError("range", value)
    return int(value)


def _item(parameter: Parameter, value: Decimal, position: int) -> int:
    try:
        return _integer(parameter, value)
    except MisfitError as error:
        raise MisfitError(error.why, error.value, position) from None


# --- nodes by what the parameter accepts ------------------------------------------------------


def argument(parameter: Parameter, expression: Expression, scope: Scope) -> Node[Any]:
    """The node of a parameter's value; poison, reported, when it cannot be one."""
    match parameter.accepts:
        case "number" | "integer" | "duration":
            node: Node[Decimal] = scope.resolve.number(expression, scope)
            return _in_unit(parameter, node, expression, scope)
        case "integers":
            return _list(parameter, expression, scope)
        case "choice" | "flag":
            return _choice(parameter, expression, scope)
        case "text":
            return _text(parameter, expression, scope)
    word: Node[Any] = scope.resolve.word(expression, parameter.kind or "", scope)
    return word


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
            help=advice,
        )
        return poison(expression.span, node)
    _wrong_unit(parameter, node, expression, scope)
    return poison(expression.span, node)


def _wrong_unit(
    parameter: Parameter, node: Node[Decimal], expression: Expression, scope: Scope
) -> None:
    wanted = listed(parameter.units, "or") or "a plain number"
    use = label(expression.span, f"`{parameter.name}` takes {wanted}")
    place = Label(expression.span, f"`{parameter.name}` takes {wanted}")
    if isinstance(node, Read):
        place = Label(node.column.domain.value.span, f"in {node.unit}")
    elif isinstance(expression, Quantity):
        place = Label(expression.unit.span, f"`{parameter.name}` takes {wanted}")
    alone = parameter.units or ("no unit",)
    scope.problems.report(
        "DD202",
        f"`{parameter.name}` is not measured in {node.unit}",
        place,
        also=[use] if isinstance(node, Read) else [],
        help=[f"write the number with {listed(alone, 'or') if parameter.units else 'no unit'}"],
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
    return _in_unit(parameter, scope.resolve.number(item, scope), item, scope)


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
    scope.problems.report(
        "DD204",
        f"`{parameter.name}: {text}` is not one of its choices",
        Label(expression.span, "a bare name is needed here"),
        help=[f"`{parameter.name}` is one of {listed(legal)}"],
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
