"""Tuning: `tune(grid, ...)` in place of a number is a new axis of candidates."""

from __future__ import annotations

from decimal import Decimal

from ddspec.errors import Label
from ddspec.language.tree import Attribute, Call, Expression, Listing, Name
from ddspec.spec import calls, domains, names, numbers
from ddspec.spec.calls import Argument, Callee
from ddspec.spec.nodes import Node, poison
from ddspec.spec.problems import listed
from ddspec.spec.scope import Column, Scope, Thunk

CRITERIA = ("validation_loss", "validation_error")
PARAMETERS = ("grid", "minimise", "across")


def tuned(call: Call, scope: Scope) -> Node[Decimal]:
    """The value of the candidate that is being tried: a read of a tuned axis, made here."""
    bound = calls.bind(call, Callee("tune", "argument", call.callee.span, explained=False),
                       PARAMETERS, scope)  # fmt: skip
    if "grid" not in bound or "minimise" not in bound:
        absent = [name for name in PARAMETERS[:2] if name not in bound]
        callee = Callee("tune", "argument", call.callee.span)
        legal = "tune(log 1e-6..1e2 points 25, minimise: validation_loss, across: seed)"
        calls.missing(absent, callee, scope, [legal])
    found = domains.points(bound["grid"].value, bound["grid"].scope) if "grid" in bound else None
    criterion = _criterion(bound["minimise"], scope) if "minimise" in bound else None
    across = _across(bound["across"], scope) if "across" in bound else ()
    if found is None or criterion is None or across is None or scope.draft is None:
        return poison(call.span)
    numbers_tried = tuple(item.number for item in found.items)
    key = (call.span, numbers_tried, criterion, across)
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
            criterion=criterion,
            across=across,
        )
        scope.draft.tuned[key] = column
    return numbers.read(column, Name("tune", span=call.span), scope)


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
