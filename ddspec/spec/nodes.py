"""Resolved expressions: values as functions of the axes they read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Generic, TypeVar

import attrs

from ddspec.errors import Span
from ddspec.language.tree import NOWHERE
from ddspec.spec import decimals
from ddspec.spec.scope import Column

V_co = TypeVar("V_co", covariant=True)


class AbsentError(Exception):
    """An axis was read at a point where it does not exist."""


class BrokenError(Exception):
    """A value cannot be had; the reason was reported."""


@attrs.frozen(eq=False)
class Impossible:
    """An operation without a result: its node, its operands and why."""

    node: Node[Any]
    values: tuple[Decimal, ...]
    reason: str


@attrs.frozen(eq=False)
class Twice:
    """A term that a composition has twice at some point of the grid."""

    first: Span
    second: Span
    name: str


@attrs.frozen(eq=False)
class Fault:
    """Something that is wrong at some points of the grid: `key` is the same for all of them."""

    key: object
    index: Mapping[str, int]
    about: Any


@attrs.define(eq=False)
class Point:
    """A point of the grid, as far as it is needed: the level along each axis, by dimension.

    Evaluation leaves the faults it meets here, and values it may need again (`memo`).
    """

    index: dict[str, int]
    faults: list[Fault] = attrs.field(factory=list)
    memo: dict[int, Any] = attrs.field(factory=dict)

    def fail(self, node: Node[Any], about: Any, key: object) -> BrokenError:
        """Note a fault of `node` at this point; the exception is there to be raised."""
        index = {axis: self.index[axis] for axis in node.reads if axis in self.index}
        self.faults.append(Fault(key, index, about))
        return BrokenError()


@attrs.frozen(kw_only=True)
class Node(Generic[V_co]):
    """A value of the grid. `reads` are the dimensions it depends on; `span` where it is written.

    `unit` is the unit of a number; `whole` says that it was written as a whole number.
    """

    span: Span = attrs.field(default=NOWHERE, eq=False, repr=False)
    reads: frozenset[str] = attrs.field(default=frozenset(), eq=False)
    unit: str = ""
    whole: bool = attrs.field(default=False, eq=False)
    poisoned: bool = attrs.field(default=False, eq=False)

    def at(self, point: Point) -> V_co:
        """The value at a point; raises AbsentError or BrokenError when there is none."""
        raise NotImplementedError


@attrs.frozen(kw_only=True)
class Constant(Node[V_co]):
    """The same value everywhere."""

    value: V_co

    def at(self, point: Point) -> V_co:  # noqa: ARG002 -- the same at every point
        """The value at the point."""
        return self.value


@attrs.frozen(kw_only=True)
class Poison(Node[Any]):
    """Stands for what could not be understood, so that one mistake is reported once."""

    def at(self, point: Point) -> Any:  # noqa: ARG002 -- there is none at any point
        """Never has a value."""
        raise BrokenError


def poison(span: Span, *parts: Node[Any]) -> Poison:
    """Poison that reads what its parts read."""
    return Poison(span=span, reads=union(parts), poisoned=True)


def union(parts: tuple[Node[Any], ...] | list[Node[Any]]) -> frozenset[str]:
    """The dimensions that any of the parts reads."""
    return frozenset().union(*(part.reads for part in parts))


@attrs.frozen(kw_only=True)
class Read(Node[V_co]):
    """The value of an axis: the point of its level."""

    column: Column
    points: tuple[Node[V_co], ...] = attrs.field(eq=False, repr=False)

    def at(self, point: Point) -> V_co:
        """The value at the point."""
        level = point.index[self.column.dimension]
        if level >= len(self.points):
            raise AbsentError
        return self.points[level].at(point)


@attrs.frozen(kw_only=True)
class Compute(Node[Decimal]):
    """An arithmetic operation or function."""

    function: str
    operands: tuple[Node[Decimal], ...]

    def at(self, point: Point) -> Decimal:
        """The result for the operands at the point."""
        values = [operand.at(point) for operand in self.operands]
        try:
            return decimals.apply(self.function, values)
        except decimals.ImpossibleError as reason:
            about = Impossible(self, tuple(values), str(reason))
            raise point.fail(self, about, ("compute", self.span)) from None


@attrs.frozen(kw_only=True, eq=False)
class Shared(Node[V_co]):
    """A value that several others read: computed once a point. Two are equal when they are one."""

    inner: Node[V_co]

    def at(self, point: Point) -> V_co:
        """The value at the point."""
        key = id(self)
        if key not in point.memo:
            point.memo[key] = self.inner.at(point)
        value: V_co = point.memo[key]
        return value


def shared(node: Node[V_co]) -> Node[V_co]:
    """The node, fit to be read from several places."""
    if isinstance(node, Constant | Read | Shared) or node.poisoned:
        return node
    return Shared(inner=node, span=node.span, reads=node.reads, unit=node.unit, whole=node.whole)


@attrs.frozen(kw_only=True)
class Choose(Node[V_co]):
    """`if condition then ... else ...`: only the branch taken is read."""

    condition: Node[bool]
    then: Node[V_co]
    otherwise: Node[V_co]

    def at(self, point: Point) -> V_co:
        """The value at the point."""
        return (self.then if self.condition.at(point) else self.otherwise).at(point)


@attrs.frozen(kw_only=True)
class Measured(Node[tuple[Decimal, str]]):
    """A number with its unit, for lists whose items have units of their own."""

    inner: Node[Decimal]

    def at(self, point: Point) -> tuple[Decimal, str]:
        """The number at the point, and its unit."""
        return self.inner.at(point), self.inner.unit


@attrs.frozen(kw_only=True)
class Sequence(Node[tuple[Any, ...]]):
    """A list."""

    items: tuple[Node[Any], ...]

    def at(self, point: Point) -> tuple[Any, ...]:
        """The values of the items at the point."""
        return tuple(item.at(point) for item in self.items)


@attrs.frozen(kw_only=True)
class Joined(Node[tuple[Any, ...]]):
    """Lists, one after the other, as one list."""

    parts: tuple[Node[tuple[Any, ...]], ...]

    def at(self, point: Point) -> tuple[Any, ...]:
        """The values of all parts at the point."""
        return tuple(value for part in self.parts for value in part.at(point))
