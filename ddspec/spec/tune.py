"""Tuning: `tune(grid, ...)` in place of a number is a new axis of candidates."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from ddspec.errors import Label
from ddspec.language.tree import Attribute, Call, Expression, Listing, Name
from ddspec.spec import calls, decimals, domains, names, numbers
from ddspec.spec.calls import Argument, Callee
from ddspec.spec.chance import whole
from ddspec.spec.nodes import Node, poison
from ddspec.spec.problems import listed
from ddspec.spec.scope import Column, Scope, Thunk

CRITERIA = ("validation_loss", "validation_error")
PARAMETERS = ("grid", "minimise", "across", "halving", "select_on")
FEWEST = 2  # candidates that one of is kept


@attrs.frozen
class _Choice:
    """How a candidate is chosen."""

    criterion: str
    across: tuple[str, ...]
    halving: int
    select_on: tuple[int, ...]


def tuned(call: Call, scope: Scope) -> Node[Decimal]:
    """The value of the candidate that is being tried: a read of a tuned axis, made here."""
    bound = calls.bind(call, Callee("tune", "argument", call.callee.span), PARAMETERS, scope)
    if "grid" not in bound or "minimise" not in bound:
        absent = [name for name in PARAMETERS[:2] if name not in bound]
        callee = Callee("tune", "argument", call.callee.span)
        legal = "tune(log 1e-6..1e2 points 25, minimise: validation_loss, across: seed)"
        calls.missing(absent, callee, scope, [legal])
    found = domains.points(bound["grid"].value, bound["grid"].scope) if "grid" in bound else None
    choice = _choice(bound, scope)
    if found is None or choice is None or scope.draft is None:
        return poison(call.span)
    key = (call.span, tuple(item.number for item in found.items), choice)
    column = scope.draft.tuned.get(key)
    if column is None:
        column = Column(
            name=_free(scope),
            spelling="tune",
            dimension=_free(scope),
            kind="tuned",
            sort="number",
            span=call.span,
            domain=Thunk(bound["grid"].value, scope),
            items=found.items,
            unit=found.unit,
            criterion=choice.criterion,
            across=choice.across,
            halving=choice.halving,
            select_on=choice.select_on,
        )
        scope.draft.tuned[key] = column
    return numbers.read(column, Name("tune", span=call.span), scope)


def _choice(bound: Mapping[str, Argument], scope: Scope) -> _Choice | None:
    criterion = _criterion(bound["minimise"], scope) if "minimise" in bound else None
    across = _across(bound["across"], scope) if "across" in bound else ()
    halving = whole(bound["halving"], "`halving`", FEWEST) if "halving" in bound else 0
    select_on: tuple[int, ...] | None = ()
    if "select_on" in bound and across is not None:
        select_on = _selecting(bound["select_on"], across, scope)
    if criterion is None or across is None or halving is None or select_on is None:
        return None
    return _Choice(criterion, across, halving, select_on)


def _selecting(written: Argument, across: tuple[str, ...], scope: Scope) -> tuple[int, ...] | None:
    """The seeds that select; None, reported, unless they are some of those averaged over."""
    found = domains.points(written.value, written.scope)
    if found is None or scope.draft is None:
        return None
    columns = {column.name: column for column in scope.draft.columns.values()}
    seeds = [columns[name] for name in across if columns[name].kind == "replicate"]
    if len(seeds) != 1:
        help_ = "name the replicate axis that is averaged over: `across: seed, select_on: {0, 1}`"
        _no_selection(written, "of which axis are these points?", help_, scope)
        return None
    there = {item.number for item in seeds[0].items}
    numbers_given = {item.number for item in found.items}
    name = seeds[0].spelling
    if not numbers_given <= there:
        lost = decimals.plain(min(n for n in numbers_given - there if n is not None))
        _no_selection(written, f"`{name}` has no point {lost}", f"take points of `{name}`", scope)
        return None
    if numbers_given == there:
        help_ = f"leave some points of `{name}` out: those are reported"
        _no_selection(written, "nothing would be left to report", help_, scope)
        return None
    return tuple(sorted(int(n) for n in numbers_given if n is not None))


def _no_selection(written: Argument, label: str, advice: str, scope: Scope) -> None:
    scope.problems.report(
        "DD405",
        f"`tune` cannot select on `{scope.problems.quote(written.value.span)}`",
        Label(written.value.span, label),
        help=[advice],
    )


def _free(scope: Scope) -> str:
    """A name for the new axis: what is tuned, and a number when that is taken."""
    assert scope.draft is not None
    base = f"{scope.purpose}_tuned".lstrip("_")
    taken = {column.name for column in scope.draft.tuned.values()} | set(scope.draft.columns)
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _criterion(written: Argument, scope: Scope) -> str | None:
    text = scope.problems.quote(written.value.span)
    if text in CRITERIA:
        return text
    notes, label = [], "not a criterion"
    if text.startswith("test_"):
        label = "test data select nothing"
        notes = ["a choice made on test data would make the reported risk too small"]
    scope.problems.report(
        "DD405",
        f"`tune` cannot minimise `{text}`",
        Label(written.value.span, label),
        notes=notes,
        help=[f"`minimise` is {listed(CRITERIA, 'or')}"],
    )
    return None


def _across(written: Argument, scope: Scope) -> tuple[str, ...] | None:
    value = written.value
    items = value.items if isinstance(value, Listing) else (value,)
    found = [_axis(item, scope) for item in items]
    dimensions = tuple(name for name in found if name is not None)
    return None if len(dimensions) < len(found) else tuple(dict.fromkeys(dimensions))


def _axis(item: Expression, scope: Scope) -> str | None:
    if scope.draft is None:
        return None
    column = None
    if isinstance(item, Name | Attribute):
        column = scope.draft.columns.get(names.spelled(item))
    if column is not None and column.kind in ("design", "replicate"):
        return column.dimension
    names.no_axis(item, "across", scope.draft, scope)
    return None
