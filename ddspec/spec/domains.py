"""Domains of numbers: ranges, log grids and sets as lists of exact points."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import attrs

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.language.tree import (
    Attribute,
    Braces,
    Call,
    Chain,
    Expression,
    Group,
    Name,
    Quantity,
    Range,
)
from ddspec.spec import coinciding, decimals, names, numbers, units
from ddspec.spec.decimals import plain
from ddspec.spec.nodes import Constant
from ddspec.spec.problems import listed
from ddspec.spec.scope import Declaration, Item, Scope, Thunk

FEWEST_POINTS = 2
MOST_POINTS = 100_000


@attrs.frozen(eq=False)
class Points:
    """The points of a domain, in order, and the unit they are written in."""

    items: tuple[Item, ...]
    unit: str
    span: Span


def points(expression: Expression, scope: Scope) -> Points | None:  # noqa: PLR0911 -- a case a shape
    """The points of a numeric domain; None, reported, when it has none."""
    match expression:
        case Group(inner=inner):
            return points(inner, scope)
        case Quantity(value=Group() | Braces() as inner):
            return _with_unit(points(inner, scope), expression, scope)
        case Range():
            return _range(expression, scope)
        case Braces(items=items):
            return _set(items, expression, scope)
        case Chain(operator="|", operands=operands):
            return _union(operands, expression, scope)
        case Name() | Attribute():
            return _reference(expression, scope)
        case Call(callee=Name(text="random")):
            drawn: Points | None = scope.resolve.drawn(expression, scope)
            return drawn
    return _single(expression, scope)


def _single(expression: Expression, scope: Scope) -> Points | None:
    node = numbers.constant(expression, scope, "a point of an axis")
    if node is None:
        return None
    item = Item(expression.span, node.value, fraction=not node.whole)
    return Points((item,), node.unit, expression.span)


def _reference(reference: Name | Attribute, scope: Scope) -> Points | None:
    found = scope.look_up(reference)
    match found:
        case Thunk():
            return points(found.value, found.scope)
        case Declaration(kind="let", value=value) if not isinstance(value, tuple):
            inner = names.entered(found, scope)
            if inner is None:
                return None
            return scope.once("points", found, lambda: points(value, inner))
    return _single(reference, scope)


def _with_unit(found: Points | None, expression: Quantity, scope: Scope) -> Points | None:
    unit = units.known_unit(expression.unit, scope)
    if found is None or not unit:
        return found
    if found.unit and found.unit != unit:
        units.clash((found.unit, found.span), (unit, expression.unit.span), scope, "one unit")
    return attrs.evolve(found, unit=unit, span=expression.span)


def _common_unit(parts: list[Points], scope: Scope) -> str:
    unit = ""
    first = None
    for part in parts:
        if part.unit and unit and part.unit != unit and first is not None:
            units.clash((unit, first.span), (part.unit, part.span), scope, "points of one axis")
        elif part.unit and not unit:
            unit, first = part.unit, part
    return unit


def _set(items: tuple[Expression, ...], expression: Braces, scope: Scope) -> Points | None:
    if not items:
        _refuse(expression.span, "`{}` has no points", "empty", ["write `{1, 2, 3}`"], scope)
        return None
    parts = [points(item, scope) for item in items]
    present = [part for part in parts if part is not None]
    if len(present) < len(parts):
        return None
    found = [item for part in present for item in part.items]
    coinciding.warn_repeated(found, items, scope)
    return Points(_distinct(found), _common_unit(present, scope), expression.span)


def _distinct(items: list[Item]) -> tuple[Item, ...]:
    return tuple({item.number: item for item in reversed(items)}.values())[::-1]


def _union(operands: tuple[Expression, ...], expression: Chain, scope: Scope) -> Points | None:
    parts = [points(operand, scope) for operand in operands]
    present = [part for part in parts if part is not None]
    if len(present) < len(parts):
        return None
    merged = _distinct([item for part in present for item in part.items])
    ordered = tuple(sorted(merged, key=lambda item: item.number or Decimal(0)))
    return Points(ordered, _common_unit(present, scope), expression.span)


@attrs.frozen(eq=False)
class Ends:
    """The numbers that a range is written with; `count` after `points`."""

    low: Constant[Decimal]
    high: Constant[Decimal]
    by: Constant[Decimal] | None
    count: int | None

    @property
    def whole(self) -> bool:
        """Whether both ends are written as whole numbers."""
        return self.low.whole and self.high.whole


def _range(expression: Range, scope: Scope) -> Points | None:
    ends = ends_of(expression, scope)
    if ends is None or not possible(expression, ends, scope):
        return None
    closed = expression.operator == ".."
    low, high = ends.low.value, ends.high.value
    if ends.count is None:
        step = Decimal(1) if ends.by is None else ends.by.value
        if (high - low) / step > MOST_POINTS:
            _too_many(expression, scope)
            return None
        values = decimals.stepped(low, high, step, closed=closed)
        whole = ends.whole and (ends.by is None or ends.by.whole)
    else:
        values = _counted(expression, ends, closed=closed)
        whole = ends.whole and all(map(decimals.is_whole, values))
    scope.problems.count(len(values))
    items = [_item(value, expression, ends, whole=whole) for value in values]
    if expression.log:
        coinciding.warn_merged(items, expression, scope)
    parts = [Points((), end.unit, end.span) for end in (ends.low, ends.high, ends.by) if end]
    return Points(_distinct(items), _common_unit(parts, scope), expression.span)


def _counted(expression: Range, ends: Ends, *, closed: bool) -> list[Decimal]:
    count = ends.count or 2
    total = count if closed else count + 1
    low, high = ends.low.value, ends.high.value
    if low == high:
        values = [low] * total
    elif expression.log:
        values = decimals.logarithmic(low, high, total, whole=ends.whole)
    else:
        values = decimals.linear(low, high, total)
    return values[:count]


def _item(value: Decimal, expression: Range, ends: Ends, *, whole: bool) -> Item:
    span = expression.span
    if value == ends.low.value:
        span = expression.low.span
    elif value == ends.high.value:
        span = expression.high.span
    return Item(span, value, fraction=not whole)


def ends_of(expression: Range, scope: Scope) -> Ends | None:
    """The numbers of a range; None, reported, where one is none."""
    low = numbers.constant(expression.low, scope, "an end of a range")
    high = numbers.constant(expression.high, scope, "an end of a range")
    by = points = None
    if expression.by is not None:
        by = numbers.constant(expression.by, scope, "a step")
    if expression.points is not None:
        points = numbers.constant(expression.points, scope, "a number of points")
    lost = (expression.by is not None and by is None) or (
        expression.points is not None and points is None
    )
    if low is None or high is None or lost:
        return None
    count = None
    if points is not None:
        count = _count(points, expression, scope)
        if count is None:
            return None
    return Ends(low, high, by, count)


def _count(points: Constant[Decimal], expression: Range, scope: Scope) -> int | None:
    assert expression.points is not None
    value = points.value
    if not decimals.is_whole(value) or value < FEWEST_POINTS:
        title = f"a range cannot have {plain(value)} points"
        advice = ["write a whole number, 2 or more: `points 10`"]
        _refuse(expression.points.span, title, "2 or more", advice, scope)
        return None
    if value > MOST_POINTS:
        _too_many(expression, scope)
        return None
    return int(value)


def _too_many(expression: Range, scope: Scope) -> None:
    title = f"`{scope.problems.quote(expression.span)}` has more than {MOST_POINTS:,} points"
    advice = ["write fewer: `a..b by s` in larger steps, `a..b points k`, `log a..b points k`"]
    _refuse(expression.span, title, "too many to train", advice, scope)


def possible(expression: Range, ends: Ends, scope: Scope) -> bool:
    """True when the range has points; otherwise what is wrong is reported."""
    low, high = ends.low.value, ends.high.value
    rules: tuple[tuple[bool, Callable[[], None]], ...] = (
        (expression.log and low <= 0, lambda: _log_of_zero(expression, ends, scope)),
        (low > high, lambda: _backwards(expression, scope)),
        (low == high and expression.operator == "..<", lambda: _empty(expression, scope)),
        (ends.by is not None and ends.by.value <= 0, lambda: _no_step(expression, scope)),
        (expression.by is not None and ends.count is not None, lambda: _both(expression, scope)),
        (expression.log and ends.count is None, lambda: _no_count(expression, scope)),
    )
    for wrong, tell in rules:
        if wrong:
            tell()
            return False
    return True


def _log_of_zero(expression: Range, ends: Ends, scope: Scope) -> None:
    quote = scope.problems.quote
    high, low = quote(expression.high.span), ends.low.value
    tail = f" points {quote(expression.points.span)}" if expression.points else " points 10"
    start = "1" if ends.whole else plain(decimals.significant(abs(ends.high.value) / 1000, 1))
    legal = f"log {start}{expression.operator}{high}{tail}"
    advice = [f"start at the smallest positive value: `{legal}`"]
    if low == 0:
        advice.append(f"to include 0 as well, add it as a point of its own: `{{0}} | {legal}`")
    why = "log 0 is minus infinity" if low == 0 else "negative numbers have no logarithm"
    scope.problems.report(
        "DD502",
        f"a log axis cannot start at {quote(expression.low.span)}",
        Label(expression.low.span, why),
        help=advice,
    )


def _backwards(expression: Range, scope: Scope) -> None:
    quote = scope.problems.quote
    low, high = quote(expression.low.span), quote(expression.high.span)
    scope.problems.add(
        Diagnostic(
            "DD508",
            f"`{low}{expression.operator}{high}` runs backwards",
            Label(expression.low.span.to(expression.high.span), "has no points"),
            help=("the smaller end comes first",),
            fix=Fix(
                expression.low.span.to(expression.high.span),
                f"{high}{expression.operator}{low}",
                "swap the ends",
                safe=False,
            ),
        )
    )


def _empty(expression: Range, scope: Scope) -> None:
    text = scope.problems.quote(expression.span)
    advice = ["`..<` leaves the upper end out; `..` includes it"]
    _refuse(expression.span, f"`{text}` has no points", "empty", advice, scope)


def _no_step(expression: Range, scope: Scope) -> None:
    assert expression.by is not None
    title = f"a range cannot go by {scope.problems.quote(expression.by.span)}"
    _refuse(expression.by.span, title, "not above 0", ["write a positive step: `by 1`"], scope)


def _both(expression: Range, scope: Scope) -> None:
    assert expression.by is not None
    title = f"a range takes {listed(['by', 'points'], 'or')}, not both"
    _refuse(expression.by.span, title, "beside `points`", ["keep one of them"], scope)


def _no_count(expression: Range, scope: Scope) -> None:
    quote = scope.problems.quote
    ends = f"{quote(expression.low.span)}{expression.operator}{quote(expression.high.span)}"
    span = expression.span if expression.by is None else expression.by.span
    label = "how many points?" if expression.by is None else "a log range has no fixed step"
    _refuse(span, "a log range needs `points`", label, [f"write `log {ends} points 20`"], scope)


def _refuse(span: Span, title: str, label: str, advice: list[str], scope: Scope) -> None:
    scope.problems.report("DD508", title, Label(span, label), help=advice)
