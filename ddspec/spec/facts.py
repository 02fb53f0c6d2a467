"""Facts: the parts of an experiment, asked together at the points that are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.spec.building import Build
from ddspec.spec.nodes import Choose, Node, Point, Read
from ddspec.spec.parts import Part
from ddspec.spec.problems import Problems, label
from ddspec.spec.questions import terms_at
from ddspec.spec.scope import Scope
from ddspec.spec.slots import Slot
from ddspec.spec.tables import Grid, Kept, joined, mapped, squeezed

Index = Mapping[str, int]


@attrs.frozen(eq=False)
class Facts:
    """The parts of an experiment, and which points are kept."""

    parts: Mapping[str, Part]
    grid: Grid
    kept: Kept
    scope: Scope

    def values(self, name: str) -> Iterator[tuple[Index, Any]]:
        """A part's value at every kept point of the axes it reads."""
        table = self.parts[name].found.table
        for index, value in zip(self.grid.points(table.axes), table.values, strict=True):
            if value is not None and self.kept(index):
                yield index, value

    def pairs(
        self, *asked: tuple[str, Callable[[Any], Any]]
    ) -> Iterator[tuple[Index, tuple[Any, ...]]]:
        """What functions of the parts give together, at every kept point they differ at.

        Axes that change none of the answers are left out, so that few points are looked at.
        """
        tables = [
            squeezed(mapped(self.parts[name].found.table, function), self.grid)
            for name, function in asked
        ]
        table = joined(tables, lambda *values: values, self.grid)
        for index, values in zip(self.grid.points(table.axes), table.values, strict=True):
            if values is not None and self.kept(index):
                yield index, values

    def mark(self, name: str, text: str) -> Label:
        """A secondary mark at the value of a setting."""
        return label(self.parts[name].span, text)

    @property
    def problems(self) -> Problems:
        """Where what is wrong is reported."""
        return self.scope.problems


def build_at(node: Node[Any], index: Index) -> Build | None:
    """The word a node is at a point, before its arguments are looked at."""
    match node:
        case Build():
            return node
        case Read(column=column, points=points):
            level = index.get(column.dimension, 0)
            return build_at(points[level], index) if level < len(points) else None
        case Choose(condition=condition, then=then, otherwise=otherwise):
            known = condition.reads <= set(index)
            taken = then if not known or condition.at(Point(dict(index))) else otherwise
            return build_at(taken, index)
    return None


def slot_of(build: Build | None, name: str) -> Slot | None:
    """The slot of an argument that was written."""
    slots = () if build is None else build.slots
    return next((slot for slot in slots if slot.parameter.name == name), None)


def argument_span(build: Build | None, name: str) -> Span | None:
    """The place of an argument that was written."""
    slot = slot_of(build, name)
    return None if slot is None else slot.span


def term_span(name: str, index: Index, facts: Facts) -> Span:
    """Where a term is written, at a kept point that agrees with what is known of it."""
    part = facts.parts["regularizer"]
    for full, _ in facts.values("regularizer"):
        if any(index.get(axis, level) != level for axis, level in full.items()):
            continue
        for term in terms_at(part.node, Point(dict(full))):
            if term.word.name() == name:
                return term.span
    return part.span
