"""Filters: which points of the grid are cells, and the quantities derived at each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs

from ddspec.errors import Label
from ddspec.language.tree import (
    NOWHERE,
    Binary,
    Braces,
    Chain,
    Filter,
    Let,
    Name,
    Range,
    Unary,
    walk,
)
from ddspec.spec import faults, sorts
from ddspec.spec.body import Body
from ddspec.spec.lanes import Presence
from ddspec.spec.model import Table
from ddspec.spec.nodes import AbsentError, BrokenError, Node, Point
from ddspec.spec.parts import Part
from ddspec.spec.scope import Scope
from ddspec.spec.tables import Grid, Kept, evaluate, joined, mapped, squeezed
from ddspec.vocabulary.kinds import Architecture, Dataset, Regularizer, Shape

ABSENT = object()  # a cell without the value
PARAMETERS = Name("parameters", span=NOWHERE)


@attrs.frozen(kw_only=True)
class Tabled(Node[Any]):
    """A value that was computed before."""

    table: Table[Any] = attrs.field(eq=False)
    grid: Grid = attrs.field(eq=False)

    def at(self, point: Point) -> Any:
        """The value computed for the point."""
        value = self.grid.at(self.table, point.index)
        if value is None:
            raise BrokenError
        return value


@attrs.frozen(kw_only=True)
class Exists(Node[bool]):
    """True where a conditional axis is absent exactly when its condition does not hold."""

    presence: Presence

    def at(self, point: Point) -> bool:
        """True when the level and the condition agree."""
        column = self.presence.column
        here = point.index[column.dimension] < column.size
        try:
            wanted = self.presence.condition.at(point)
        except AbsentError:
            wanted = False
        return here == wanted


def needs_parameters(body: Body) -> bool:
    """True when a filter or a derived quantity reads the number of parameters."""
    statements = [homed.statement for homed in (*body.filters, *body.lets.values())]
    return any(part == PARAMETERS for part in walk(tuple(statements)))


def parameters_node(parts: dict[str, Part], grid: Grid) -> Node[Decimal]:
    """The number of trained parameters, as a function of the axes that change it."""
    sizes = mapped(parts["dataset"].found.table, _sizes)
    shapes: Table[Any] = mapped(parts["regularizer"].found.table, _shape())
    architectures = squeezed(parts["architecture"].found.table, grid)
    counted = joined(
        (architectures, squeezed(sizes, grid), squeezed(shapes, grid)), _counted(), grid
    )
    table = squeezed(counted, grid)
    return Tabled(table=table, grid=grid, reads=frozenset(table.axes), whole=True)


def _sizes(dataset: Dataset) -> tuple[Shape, int]:
    return dataset.shape, dataset.outputs


def _shape() -> Any:
    """Compositions that add the same layers stand for each other."""
    memo: dict[tuple[tuple[str, str], ...], tuple[Regularizer, ...]] = {}

    def shape(terms: tuple[Regularizer, ...]) -> tuple[Regularizer, ...]:
        key = tuple((term.name(), term.place) for term in terms)
        return memo.setdefault(key, terms)

    return shape


def _counted() -> Any:
    memo: dict[Any, Decimal] = {}

    def count(
        architecture: Architecture, sizes: tuple[Shape, int], terms: tuple[Regularizer, ...]
    ) -> Decimal:
        key = id(architecture), sizes, id(terms)
        if key not in memo:
            memo[key] = Decimal(architecture.parameters(*sizes, terms))
        return memo[key]

    return count


def keep_tables(
    body: Body, presences: Sequence[Presence], scope: Scope, grid: Grid
) -> list[Table[bool]]:
    """A table for every filter and every conditional axis: True at the points it leaves."""
    tables = []
    for presence in presences:
        reads = presence.condition.reads | {presence.column.dimension}
        found = evaluate(Exists(presence=presence, reads=reads), grid)
        faults.report(found.faults, scope.problems)
        tables.append(_booleans(found.table, keep=True))
    for homed in body.filters:
        if isinstance(homed.statement, Filter):
            home = attrs.evolve(scope, names=homed.home)
            tables.append(_filtered(homed.statement, home, grid))
    return [squeezed(table, grid) for table in tables]


def _filtered(filter_: Filter, scope: Scope, grid: Grid) -> Table[bool]:
    condition = scope.resolve.condition(filter_.condition, scope)
    if condition.poisoned:
        return Table((), (True,))
    found = evaluate(condition, grid)
    faults.report(found.faults, scope.problems)
    table = _booleans(found.table, keep=filter_.keep)
    if not any(table.values):
        _keeps_nothing(filter_, scope)
    return table


def _booleans(table: Table[bool | None], *, keep: bool) -> Table[bool]:
    """A filter says nothing about points at which an axis it asks about does not exist."""
    values = (True if value is None else value == keep for value in table.values)
    return Table(table.axes, tuple(values))


def _keeps_nothing(filter_: Filter, scope: Scope) -> None:
    word = "where" if filter_.keep else "except"
    text = scope.problems.quote(filter_.condition.span)
    scope.problems.report(
        "DD515",
        f"`{word} {text}` leaves no cell",
        Label(filter_.condition.span, f"{'never' if filter_.keep else 'always'} true"),
        help=["change the condition or the axes it asks about"],
    )


def derived_tables(body: Body, scope: Scope, kept: Kept) -> dict[str, Table[float]]:
    """The numbers that the sweep's lets derive, NaN in cells where an axis they read is absent."""
    found = {}
    for name, homed in body.lets.items():
        home = attrs.evolve(scope, names=homed.home)
        if isinstance(homed.statement, Let) and _is_quantity(homed.statement, home):
            node = scope.resolve.number(Name(name, span=homed.statement.name.span), home)
            if not node.poisoned:
                result = evaluate(node, kept.grid)
                faults.report((f for f in result.faults if kept(f.index)), scope.problems)
                found[name] = _floats(result.table, kept)
    return found


def _is_quantity(let: Let, scope: Scope) -> bool:
    """True for one number, false for domains, words and conditions that a let also names."""
    value = let.value
    if isinstance(value, Range | Braces | Chain):
        return False
    if isinstance(value, Binary | Unary) and value.operator not in ("+", "-", "*", "/", "^"):
        return False
    return sorts.sort_of(value, scope) == "number"


def _floats(table: Table[Decimal | None], kept: Kept) -> Table[float]:
    """Floats over the axes that change them; what a point that is no cell has does not count."""
    points = zip(kept.grid.points(table.axes), table.values, strict=True)
    marked = tuple(ABSENT if value is None and kept(index) else value for index, value in points)
    short = squeezed(Table[Any](table.axes, marked), kept.grid)
    values = (float(v) if isinstance(v, Decimal) else math.nan for v in short.values)
    return Table(short.axes, tuple(values))
