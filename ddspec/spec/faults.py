"""Faults met at points of the grid, told once each: the worst point, and how many others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ddspec.errors import Label
from ddspec.spec.decimals import plain, rounded
from ddspec.spec.misfits import tell_misfit
from ddspec.spec.nodes import Fault, Impossible, Node, Read, Twice
from ddspec.spec.problems import Problems, label


def report(faults: Iterable[Fault], problems: Problems) -> None:
    """Tell what went wrong, one diagnostic for all the points at which the same thing did."""
    grouped: dict[object, list[Fault]] = {}
    for fault in faults:
        grouped.setdefault(fault.key, []).append(fault)
    for group in grouped.values():
        match group[0].about:
            case Impossible():
                _impossible(group, problems)
            case Twice():
                _twice(group[0], problems)
            case _:
                tell_misfit(group, problems)


def _impossible(group: Sequence[Fault], problems: Problems) -> None:
    about: Impossible = group[0].about
    text = problems.quote(about.node.span)
    values = ", ".join(rounded(value) for value in about.values)
    problems.report(
        "DD206",
        f"`{text}` cannot be computed: {about.reason}",
        Label(about.node.span, f"with {values}"),
        also=where_read(about.node, group[0].index),
        help=["leave such points out with `except`, or change the expression"]
        if about.node.reads
        else [],
    )


def _twice(fault: Fault, problems: Problems) -> None:
    about: Twice = fault.about
    problems.report(
        "DD401",
        f"`{about.name}` is applied twice at the same place",
        Label(about.second, "applied again here"),
        also=[label(about.first, "first applied here")],
        help=["leave such points out with `except`, or keep one of the two"],
    )


def where_read(node: Node[Any], index: Mapping[str, int]) -> list[Label]:
    """The axes a value was computed from, each marked at the point that went wrong."""
    marks = {}
    for read in reads_in(node):
        level = index.get(read.column.dimension)
        if level is not None and level < len(read.points):
            span = read.points[level].span
            value = _value(read, level)
            marks[span] = label(span, f"`{read.column.spelling}` is {value} here")
    return list(marks.values())


def _value(read: Read[Any], level: int) -> str:
    """The value of an axis at a level, for a sentence."""
    number = read.column.items[level].number if level < len(read.column.items) else None
    return "this" if number is None else plain(number)


def reads_in(node: Any, seen: set[int] | None = None) -> Iterator[Read[Any]]:
    """The reads of axes inside a node, each part of it looked at once."""
    seen = set() if seen is None else seen
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, Read):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from reads_in(item, seen)
    elif isinstance(node, Node):
        for field in attrs.fields(type(node)):
            yield from reads_in(getattr(node, field.name), seen)
