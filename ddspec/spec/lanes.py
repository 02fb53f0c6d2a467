"""Lanes: zipped axes of one length, and the conditions of axes that exist only somewhere."""

from __future__ import annotations

import attrs

from ddspec.errors import Label
from ddspec.spec import compositions
from ddspec.spec.body import Lane
from ddspec.spec.nodes import Node
from ddspec.spec.problems import label
from ddspec.spec.scope import Column, Draft, Scope


@attrs.frozen(eq=False)
class Presence:
    """A conditional dimension: it exists where the condition holds."""

    column: Column
    condition: Node[bool]


def settle(draft: Draft) -> None:
    """Find the alternatives of every axis over compositions; all axes are known by now."""
    for column in draft.columns.values():
        if column.sort == "composition":
            compositions.of_axis(column)


def check_lengths(draft: Draft, scope: Scope) -> None:
    """Zipped axes have one length."""
    first: dict[str, Column] = {}
    for column in draft.columns.values():
        leader = first.setdefault(column.dimension, column)
        if 0 < leader.size != column.size > 0:
            _uneven(leader, column, scope)


def _uneven(leader: Column, column: Column, scope: Scope) -> None:
    scope.problems.report(
        "DD505",
        f"`zip` pairs {leader.size} points of `{leader.spelling}` with {column.size} of "
        f"`{column.spelling}`",
        Label(column.domain.value.span, f"{column.size} points"),
        also=[label(leader.domain.value.span, f"{leader.size} points")],
        help=["give both as many points, or take them out of the `zip` for all combinations"],
    )


def presences(lanes: list[Lane], scope: Scope) -> list[Presence]:
    """The conditions of the lanes under a `when`."""
    draft = scope.draft
    assert draft is not None
    found = []
    for lane in lanes:
        columns = [draft.columns.get(axis.name.text) for axis in lane.axes]
        here = [c for c in columns if c is not None and c.kind != "trajectory"]
        if lane.condition is not None and here:
            home = attrs.evolve(scope, names=lane.home)
            condition = scope.resolve.condition(lane.condition, home)
            found.append(Presence(here[0], condition))
    return found
