"""`random(...)`: points of a range drawn by chance, the same ones on every machine."""

from __future__ import annotations

from collections.abc import Sequence

from ddspec.errors import Label
from ddspec.language.tree import Call, Expression, Group, Range
from ddspec.spec import calls, decimals, numbers
from ddspec.spec.calls import Argument, Callee
from ddspec.spec.domains import Ends, Points, ends_of, possible
from ddspec.spec.scope import Item, Scope

NAME = "random"
EXAMPLE = "random(log 1e-6..1e2 points 20)"


def drawn(call: Call, scope: Scope) -> Points | None:
    """The points of `random(a..b points k)`, increasing; None, reported, when it has none.

    They are even on a range; on a `log` range even in the logarithm, and whole where both ends are.
    """
    callee = Callee(NAME, "argument", call.callee.span, explained=False)
    bound = calls.bind(call, callee, ("range", "seed"), scope)
    if "range" not in bound:
        calls.missing(["range"], callee, scope, [EXAMPLE])
        return None
    seed = _seed(bound.get("seed"))
    domain = _ungrouped(bound["range"].value)
    if not isinstance(domain, Range):
        refuse(domain, scope, "not a range")
        return None
    ends = ends_of(domain, scope)
    if ends is None or seed is None or not possible(domain, ends, scope):
        return None
    if ends.count is None or domain.operator != "..":
        refuse(domain, scope, "how many points?" if ends.count is None else "write `..`")
        return None
    return _points(domain, ends, seed)


def _points(domain: Range, ends: Ends, seed: int) -> Points:
    whole = domain.log and ends.whole
    values = decimals.drawn(
        ends.low.value, ends.high.value, ends.count or 0, seed, log=domain.log, whole=whole
    )
    items = tuple(Item(domain.span, value, fraction=not whole) for value in sorted(set(values)))
    return Points(items, ends.low.unit or ends.high.unit, domain.span)


def _ungrouped(expression: Expression) -> Expression:
    return _ungrouped(expression.inner) if isinstance(expression, Group) else expression


def _seed(written: Argument | None) -> int | None:
    """The seed of the draw, 0 unless it is given; None, reported, when it is no whole number."""
    if written is None:
        return 0
    return whole(written, "the seed of a draw", 0)


def whole(written: Argument, what: str, least: int) -> int | None:
    """A fixed whole number, `least` or more; None, reported, when it is none."""
    found = numbers.constant(written.value, written.scope, what)
    if found is None:
        return None
    if decimals.is_whole(found.value) and found.value >= least:
        return int(found.value)
    text = decimals.plain(found.value)
    written.scope.problems.report(
        "DD203" if not decimals.is_whole(found.value) else "DD302",
        f"{what} cannot be {text}",
        Label(written.value.span, f"must be a whole number, {least} or more"),
        help=[f"write a whole number, {least} or more"],
    )
    return None


def refuse(expression: Expression, scope: Scope, label: str, help: Sequence[str] = ()) -> None:  # noqa: A002 - as in Problems.report
    """Report what no points can be drawn from."""
    scope.problems.report(
        "DD508",
        f"`{NAME}` draws points of a range",
        Label(expression.span, label),
        help=[*help, f"write the ends and how many: `{EXAMPLE}`"],
    )
