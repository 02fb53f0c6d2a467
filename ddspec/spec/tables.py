"""Tables: values over the product of the axes they read, never over the whole grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from ddspec.spec import decimals
from ddspec.spec.model import Table
from ddspec.spec.nodes import AbsentError, BrokenError, Fault, Node, Point
from ddspec.spec.problems import TooMuchError, listed

V = TypeVar("V")
MOST_AXES = 24  # arrays have 32 dimensions, of which readings take some
MOST_POINTS = 10_000_000  # of a grid
MOST_VALUES = 1_000_000  # of one table: each is computed, and may be an object of its own
Index = Mapping[str, int]


@attrs.frozen(eq=False)
class Grid:
    """The dimensions of an experiment, in order, with their numbers of levels."""

    sizes: Mapping[str, int]

    def ordered(self, dimensions: Iterable[str]) -> tuple[str, ...]:
        """These dimensions in the order of the grid."""
        wanted = set(dimensions)
        return tuple(name for name in self.sizes if name in wanted)

    def count(self, axes: Iterable[str]) -> int:
        """How many points the product of these dimensions has."""
        return math.prod(self.sizes[name] for name in axes)

    def points(self, axes: Sequence[str]) -> Iterator[dict[str, int]]:
        """Every point of these dimensions, row-major; raises TooMuchError for too many."""
        if (count := self.count(axes)) > MOST_VALUES:
            title = f"reads {listed(axes, 'and')} together, at more than {MOST_VALUES:,} points"
            raise TooMuchError(title, f"at {decimals.about(count)} points, each to be computed")
        for levels in itertools.product(*(range(self.sizes[name]) for name in axes)):
            yield dict(zip(axes, levels, strict=True))

    def at(self, table: Table[V], index: Index) -> V:
        """The value of a table at a point that has a level for each of its axes."""
        row = 0
        for name in table.axes:
            row = row * self.sizes[name] + index[name]
        return table.values[row]


@attrs.frozen(eq=False)
class Evaluated:
    """A node's table, what went wrong at which points, and where an axis was absent."""

    table: Table[Any]
    faults: tuple[Fault, ...] = ()
    absences: tuple[Index, ...] = ()


def evaluate(node: Node[Any], grid: Grid) -> Evaluated:
    """The table of a node. A value is None where it cannot be had."""
    axes = grid.ordered(node.reads)
    values: list[Any] = []
    faults: list[Fault] = []
    absences: list[Index] = []
    for index in grid.points(axes):
        point = Point(index, faults)
        try:
            values.append(node.at(point))
        except AbsentError:
            values.append(None)
            absences.append(index)
        except BrokenError:
            values.append(None)
    return Evaluated(Table(axes, tuple(values)), tuple(faults), tuple(absences))


def mapped(table: Table[Any], function: Callable[[Any], V]) -> Table[V | None]:
    """A function of every value; equal objects are asked once."""
    memo: dict[int, V] = {}

    def value_of(value: Any) -> V | None:
        if value is None:
            return None
        if id(value) not in memo:
            memo[id(value)] = function(value)
        return memo[id(value)]

    return Table(table.axes, tuple(value_of(value) for value in table.values))


def squeezed(table: Table[V], grid: Grid) -> Table[V]:
    """The same values without the axes along which they never change.

    A point without a value (None) is no cell and goes with any value.
    """
    for name in table.axes:
        table = _without(table, name, grid)
    return table


def _without(table: Table[V], name: str, grid: Grid) -> Table[V]:
    position = table.axes.index(name)
    inner = math.prod(grid.sizes[axis] for axis in table.axes[position + 1 :])
    size, values = grid.sizes[name], table.values
    block = inner * size
    kept: list[V] = []
    for start in range(0, len(values), block):
        merged = values[start : start + inner]
        for level in range(1, size):
            other = values[start + level * inner : start + (level + 1) * inner]
            if other != merged:
                both = tuple(b if a is None else a for a, b in zip(merged, other, strict=True))
                if any(b is not None and b != a for a, b in zip(both, other, strict=True)):
                    return table
                merged = both
        kept.extend(merged)
    axes = table.axes[:position] + table.axes[position + 1 :]
    return Table(axes, tuple(kept))


def joined(tables: Sequence[Table[Any]], function: Callable[..., V], grid: Grid) -> Table[V | None]:
    """A function of the values of several tables at each point; None where one of them is."""
    axes = grid.ordered(axis for table in tables for axis in table.axes)

    def value_at(index: Index) -> V | None:
        values = [grid.at(table, index) for table in tables]
        return None if any(value is None for value in values) else function(*values)

    return Table(axes, tuple(value_at(index) for index in grid.points(axes)))


@attrs.define(eq=False)
class Kept:
    """Which points the filters leave.

    A point given in part is kept when, for each filter alone, some point that extends it is.
    """

    grid: Grid
    tables: Sequence[Table[bool]]
    _allowed: dict[tuple[int, tuple[str, ...]], set[tuple[int, ...]]] = attrs.field(factory=dict)

    def __call__(self, index: Index) -> bool:
        """True when no filter rejects the point."""
        return all(self._allows(number, index) for number in range(len(self.tables)))

    def _allows(self, number: int, index: Index) -> bool:
        axes = tuple(axis for axis in self.tables[number].axes if axis in index)
        key = number, axes
        if key not in self._allowed:
            self._allowed[key] = self._projected(self.tables[number], axes)
        return tuple(index[axis] for axis in axes) in self._allowed[key]

    def _projected(self, table: Table[bool], axes: tuple[str, ...]) -> set[tuple[int, ...]]:
        points = zip(self.grid.points(table.axes), table.values, strict=True)
        return {tuple(index[axis] for axis in axes) for index, kept in points if kept}
