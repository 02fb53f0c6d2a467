"""Axes: from the lines of a sweep to named lists of points along dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from ddspec.errors import Fix, Label
from ddspec.language.tree import (
    NOWHERE,
    Attribute,
    Axis,
    Braces,
    Call,
    Chain,
    Expression,
    Group,
    Keyword,
    Listing,
    Name,
    Quantity,
)
from ddspec.spec import axis_checks, domains, names, sorts
from ddspec.spec.axis_checks import SEEDS, TIMES
from ddspec.spec.body import Lane
from ddspec.spec.scope import Column, ColumnKind, Declaration, Item, Scope, Sort, Thunk

RESTART = Name("restart", span=NOWHERE)


def add_columns(lanes: list[Lane], scope: Scope, overrides: Mapping[str, Axis]) -> None:
    """Give the draft a column for every axis of the sweep; what is wrong with one is reported."""
    draft = scope.draft
    assert draft is not None
    for lane in lanes:
        dimension = ""
        for axis in lane.axes:
            home = attrs.evolve(scope, names=lane.home)
            column = _column(axis, home, lane, overrides.get(axis.name.text))
            if column is None:
                continue
            draft.columns[column.spelling] = column
            if column.kind == "trajectory":  # no dimension of the grid, wherever it is written
                column.dimension = column.name
                continue
            dimension = dimension or column.name
            column.dimension = dimension
    axis_checks.check_seeds(scope)
    axis_checks.check_times(scope)


def _column(axis: Axis, scope: Scope, lane: Lane, override: Axis | None) -> Column | None:
    assert scope.draft is not None
    spelling = axis.name.text
    earlier = scope.draft.columns.get(spelling)
    if earlier is not None:
        axis_checks.twice(axis, earlier, scope)
        return None
    if not axis_checks.nameable(axis, scope):
        return None
    domain = _as_set(axis.domain if override is None else override.domain, scope)
    kind = _kind(axis, domain, lane, scope)
    if kind == "design" and spelling in TIMES and isinstance(domain, Call):
        domain = _restarted(domain)
    sort: Sort = "number" if spelling in (*SEEDS, *TIMES) else sorts.sort_of(domain, scope)
    column = Column(
        name=spelling.replace(".", "_"),
        spelling=spelling,
        dimension="",
        kind=kind,
        sort=sort,
        span=axis.name.span,
        domain=Thunk(domain, scope),
        conditional=lane.condition is not None,
    )
    _fill(column, scope)
    return column


def _as_set(domain: Expression, scope: Scope) -> Expression:
    """A list written for a set is reported and taken as one."""
    if not isinstance(domain, Listing):
        return domain
    text = f"{{{scope.problems.quote(domain.span)[1:-1]}}}"
    scope.problems.report(
        "DD204",
        f"`{scope.problems.quote(domain.span)}` is a list, an axis has a set of points",
        Label(domain.span, "a set is needed here"),
        help=[f"write `{text}` for the points; `{{[64], [64, 64]}}` has lists as points"],
        fix=Fix(domain.span, text, "make it a set", safe=False),
    )
    return Braces(domain.items, span=domain.span)


def _restarted(domain: Call) -> Expression:
    positional = [a for a in domain.arguments if not isinstance(a, Keyword)]
    return positional[0] if len(positional) == 1 else domain


def is_restart(domain: Expression) -> bool:
    """True for `restart(...)`: a training of its own for every point."""
    return isinstance(domain, Call) and domain.callee == RESTART


def _kind(axis: Axis, domain: Expression, lane: Lane, scope: Scope) -> ColumnKind:
    name = axis.name.text
    if name in SEEDS:
        return "replicate"
    if name not in TIMES or is_restart(domain):
        return "design"
    if len(lane.axes) > 1 or lane.condition is not None:
        scope.problems.report(
            "DD109",
            f"`{name}` stands alone in a sweep",
            Label(axis.name.span, "is read off each run, whatever the other axes do"),
            help=[f"move `{name} in ...` out of the `zip` or `when`"],
        )
    return "trajectory"


def _fill(column: Column, scope: Scope) -> None:
    """The points of a column; a column over compositions has its own, later."""
    domain = column.domain.value
    if column.sort == "number":
        found = domains.points(domain, attrs.evolve(scope, purpose=column.spelling))
        if found is not None:
            column.items, column.unit = found.items, found.unit
            if column.spelling in TIMES:
                column.unit = column.unit or column.spelling
            axis_checks.check_numbers(column, scope)
    elif column.sort == "symbol":
        column.items = _distinct(_symbols(domain, scope))


def _distinct(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple({_identity(item): item for item in reversed(tuple(items))}.values())[::-1]


def _identity(item: Item) -> object:
    """Equal for points written alike in the same file."""
    assert item.thunk is not None
    return item.thunk.value, id(item.thunk.scope.names)


def _symbols(expression: Expression, scope: Scope) -> Iterator[Item]:
    """The points of a domain of names, words or lists."""
    match expression:
        case Group(inner=inner):
            yield from _symbols(inner, scope)
        case Chain(operator="|", operands=parts) | Braces(items=parts):
            for part in parts:
                yield from _symbols(part, scope)
        case Quantity(value=value, unit=unit):
            scope.problems.report(
                "DD202",
                f"names have no unit `{unit.text}`",
                Label(unit.span, "after names"),
                help=["leave the unit out"],
            )
            yield from _symbols(value, scope)
        case Name() | Attribute():
            yield from _named_symbols(expression, scope)
        case _:
            yield Item(expression.span, thunk=Thunk(expression, scope))


def _named_symbols(reference: Name | Attribute, scope: Scope) -> Iterator[Item]:
    found = scope.look_up(reference)
    if isinstance(found, Thunk):
        yield from _symbols(found.value, found.scope)
    elif isinstance(found, Declaration) and found.kind == "let":
        inner, value = names.entered(found, scope), found.value
        if inner is not None and not isinstance(value, tuple):
            yield from scope.once("symbols", found, lambda: _distinct(_symbols(value, inner)))
    else:
        yield Item(reference.span, thunk=Thunk(reference, scope))
