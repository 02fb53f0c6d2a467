"""Messages for values that their parameter does not take."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs

from ddspec.errors import Fix, Label, Span
from ddspec.language.tree import NOWHERE
from ddspec.spec.decimals import plain, rounded
from ddspec.spec.nodes import Constant, Fault, Measured, Node, Read
from ddspec.spec.nodes import Sequence as Items
from ddspec.spec.problems import Problems, label, listed
from ddspec.spec.slots import Misfit
from ddspec.spec.spelling import replacement, similar
from ddspec.vocabulary.schema import Parameter

LISTS = ("integers", "numbers", "durations")
PERCENT = 2  # from here on a share was probably meant in percent


@attrs.frozen(eq=False)
class _Case:
    """A misfit with the node to change, its place, the place of use and how often it happens."""

    about: Misfit
    node: Node[Any]
    place: Span
    use: list[Label]
    notes: list[str]
    problems: Problems


def tell_misfit(group: Sequence[Fault], problems: Problems) -> None:
    """Report a value that does not fit, at the worst of the points where it does not."""
    worst = max(group, key=_badness)
    about: Misfit = worst.about
    node = _item(about.slot.node, about.position)
    primary, use = _place(node, worst, about)
    notes = _how_many(node, group)
    tell = {"range": _range, "whole": _whole, "choice": _choice, "flag": _flag}[about.why]
    tell(_Case(about, node, primary, use, notes, problems))


def _badness(fault: Fault) -> Decimal:
    about: Misfit = fault.about
    if about.why != "range":
        return Decimal(0)
    parameter, value = about.slot.parameter, about.value
    assert isinstance(value, Decimal)
    ends = [end for end in (parameter.low, parameter.high) if end is not None]
    return max((abs(value - end) for end in ends), default=Decimal(0))


def _item(node: Node[Any], position: int | None) -> Node[Any]:
    if position is not None and isinstance(node, Items) and position < len(node.items):
        item = node.items[position]
        return item.inner if isinstance(item, Measured) else item
    return node


def _place(node: Node[Any], fault: Fault, about: Misfit) -> tuple[Span, list[Label]]:
    """The place to change, and the place of use when that is another one."""
    use = node.span if node.span != NOWHERE else about.slot.span
    written = use
    if isinstance(node, Read):
        written = node.points[fault.index[node.column.dimension]].span
    elif isinstance(node, Constant) and not _inside(use, about.slot.span):
        use = about.slot.span
    name = about.slot.name
    return written, [label(use, f"used as `{name}` here")] if use != written else []


def _inside(inner: Span, outer: Span) -> bool:
    return inner.source == outer.source and outer.start <= inner.start and inner.end <= outer.end


def _how_many(node: Node[Any], group: Sequence[Fault]) -> list[str]:
    if not isinstance(node, Read):
        return []
    levels = {fault.index[node.column.dimension] for fault in group}
    total = len(node.points)
    if total < 2:  # noqa: PLR2004
        return []
    verb = "does" if len(levels) == 1 else "do"
    return [f"{len(levels)} of {total} points of `{node.column.spelling}` {verb} not fit"]


def _range(case: _Case) -> None:
    parameter, value = case.about.slot.parameter, case.about.value
    says, must = _bounds(parameter, value)
    shown = rounded(value)
    fix = None
    if not case.node.reads and value < 0 and parameter.admits(-value):
        fix = Fix(case.place, plain(-value), "drop the sign", safe=False)
    case.problems.report(
        "DD302",
        f"{case.about.slot.subject} {shown} {says}",
        Label(case.place, must),
        also=case.use,
        notes=case.notes,
        help=_range_help(case.about),
        fix=fix,
    )


def _bounds(parameter: Parameter, value: Decimal) -> tuple[str, str]:
    if parameter.low is not None and parameter.high is not None:
        return f"is outside {parameter.interval}", f"must lie in {parameter.interval}"
    if parameter.low is not None and not parameter.admits(value) and value <= parameter.low:
        low = plain(parameter.low)
        if parameter.low_open:
            return f"is not above {low}", f"must be above {low}"
        return f"is below {low}", f"must be at least {low}"
    if parameter.high is not None:
        return f"is above {plain(parameter.high)}", f"must be at most {plain(parameter.high)}"
    return "is larger than a number can be", "too large"


def _range_help(about: Misfit) -> list[str]:
    parameter, value, name = about.slot.parameter, about.value, about.slot.name
    verb = "are" if parameter.accepts in LISTS else "is"
    says = parameter.help.removeprefix("the ")
    advice = [f"`{name}` {verb} the {says}"] if says != name else [f"choose another `{name}`"]
    if value >= PERCENT and parameter.high == 1 and parameter.admits(value / 100):
        advice.append(f"as a percentage this would be `{plain(value)}%`")
    elif value < 0 and parameter.admits(-value):
        advice[0] += f", so `{name}: {rounded(-value)}` is the nearest legal value"
    word = about.slot.subject.split()[0]
    if value <= 0 and about.slot.kind == "regularizer":
        advice[0] += f"; to leave {word} out, write `none`"
    return advice


def _whole(case: _Case) -> None:
    value = case.about.value
    text = case.problems.quote(case.node.span if case.node.span != NOWHERE else case.place)
    below = plain(value.to_integral_value("ROUND_FLOOR"))
    above = plain(value.to_integral_value("ROUND_CEILING"))
    advice = [f"the nearest are {below} and {above}"]
    if case.node.reads:
        advice = [f"write `round({text})` for the nearest whole number"]
    if isinstance(case.node, Read):
        advice.append("a log range is rounded to whole numbers when both of its ends are whole")
    case.problems.report(
        "DD203",
        f"{case.about.slot.subject} {rounded(value)} is not whole",
        Label(case.place, "must be a whole number"),
        also=case.use,
        notes=case.notes,
        help=advice,
    )


def _choice(case: _Case) -> None:
    parameter, text = case.about.slot.parameter, case.about.value
    word = case.about.slot.subject.split()[0]
    near = similar(text, parameter.choices)
    case.problems.report(
        "DD205",
        f"`{word}` has no {parameter.name} `{text}`",
        Label(case.place, f"not a choice of `{parameter.name}`"),
        also=case.use,
        notes=case.notes,
        help=[f"`{parameter.name}` is one of {listed(parameter.choices)}"],
        fix=replacement(case.place, text, near),
    )


def _flag(case: _Case) -> None:
    name = case.about.slot.parameter.name
    near = similar(case.about.value, ("true", "false"))
    case.problems.report(
        "DD205",
        f"`{name}` is true or false, not `{case.about.value}`",
        Label(case.place, "neither"),
        also=case.use,
        notes=case.notes,
        help=[f"write `{name}: true` or `{name}: false`"],
        fix=replacement(case.place, case.about.value, near),
    )
