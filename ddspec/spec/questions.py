"""Questions: conditions as functions of the axes they ask about."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import attrs

from ddspec.spec.building import Build
from ddspec.spec.compositions import Sum
from ddspec.spec.nodes import AbsentError, Choose, Node, Point, Read
from ddspec.spec.scope import Column

COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
Condition = Node[bool]


@attrs.frozen(kw_only=True)
class Compare(Node[bool]):
    """A comparison of two numbers."""

    operator: str
    left: Node[Decimal]
    right: Node[Decimal]

    def at(self, point: Point) -> bool:
        """The answer at the point."""
        return COMPARE[self.operator](self.left.at(point), self.right.at(point))


@attrs.frozen(kw_only=True)
class Junction(Node[bool]):
    """`and`, `or`: later conditions are asked only while the answer is open."""

    every: bool
    conditions: tuple[Condition, ...]

    def at(self, point: Point) -> bool:
        """The answer at the point."""
        found = (condition.at(point) for condition in self.conditions)
        return all(found) if self.every else any(found)


@attrs.frozen(kw_only=True)
class Not(Node[bool]):
    """The opposite of a condition."""

    condition: Condition

    def at(self, point: Point) -> bool:
        """The answer at the point."""
        return not self.condition.at(point)


@attrs.frozen(kw_only=True)
class Among(Node[bool]):
    """True at some levels of an axis."""

    column: Column
    levels: frozenset[int]

    def at(self, point: Point) -> bool:
        """The answer at the point."""
        level = point.index[self.column.dimension]
        if level >= self.column.size:
            raise AbsentError
        return level in self.levels


@attrs.frozen(kw_only=True)
class Terms(Node[bool]):
    """A question about the terms of a composition: all of `wanted` (`only` them: `is`), or any of
    a word (`word`). Asked of the terms as written, whatever their strengths.
    """

    composition: Node[Any]
    wanted: frozenset[object] = frozenset()
    only: bool = False
    word: type | None = None

    def at(self, point: Point) -> bool:
        """The answer at the point."""
        terms = list(terms_at(self.composition, point))
        if self.word is not None:
            return any(term.word is self.word for term in terms)
        keys = {term.constant if term.constant is not None else term for term in terms}
        return keys == self.wanted if self.only else keys >= self.wanted


def terms_at(node: Node[Any], point: Point) -> Iterator[Build]:
    """The terms of a composition at a point, neutral ones left out."""
    match node:
        case Build(constant=constant):
            if constant is None or not constant.neutral:
                yield node
        case Sum(parts=parts):
            for part in parts:
                yield from terms_at(part, point)
        case Read(column=column, points=points):
            level = point.index[column.dimension]
            if level >= len(points):
                raise AbsentError
            yield from terms_at(points[level], point)
        case Choose(condition=condition, then=then, otherwise=otherwise):
            yield from terms_at(then if condition.at(point) else otherwise, point)


def shape_reads(node: Node[Any]) -> frozenset[str]:
    """The dimensions that decide which terms a composition has."""
    match node:
        case Sum(parts=parts):
            return frozenset().union(*map(shape_reads, parts))
        case Read(column=column, points=points):
            return frozenset({column.dimension}).union(*map(shape_reads, points))
        case Choose(condition=condition, then=then, otherwise=otherwise):
            return condition.reads | shape_reads(then) | shape_reads(otherwise)
    return frozenset()
