"""Axes that nothing reads."""

from __future__ import annotations

from typing import Any

from ddspec.errors import Label
from ddspec.language.tree import NOWHERE
from ddspec.spec.axis_checks import SEEDS
from ddspec.spec.building import builds_in
from ddspec.spec.decimals import grouped, read
from ddspec.spec.model import Table
from ddspec.spec.nodes import Node
from ddspec.spec.problems import label, listed
from ddspec.spec.scope import Column, Scope

PAIR = 2
SIZES = {"width": ("hidden", "features"), "depth": ("hidden",), "n": ("samples",)}
MEANT = {"noise": ("label_noise",), "samples": ("samples",), "lr": ("lr",)}


def check_read(read_by: set[str], nodes: dict[str, Node[Any]], scope: Scope) -> None:
    """Report the axes, seeds apart, that no part of the experiment reads."""
    draft = scope.draft
    assert draft is not None
    if draft.blind or draft.unread:
        return
    for column in draft.columns.values():
        special = column.spelling in SEEDS or column.kind == "trajectory"
        if not special and column.spelling not in read_by and column.size:
            _unread(column, nodes, scope)


def _unread(column: Column, nodes: dict[str, Node[Any]], scope: Scope) -> None:
    name = column.spelling
    found = _constant(name, nodes)
    marks, advice = [], []
    if found is not None:
        kind, parameter, span = found
        text = scope.problems.quote(span)
        marks.append(label(span, f"`{parameter}` is a constant here"))
        written = _with_axis(text, name)
        advice.append(f"read the axis in the {kind}: `{parameter}: {written}`")
    count = grouped(read(str(column.size)))
    every = "both" if column.size == PAIR else f"all {count}"
    scope.problems.report(
        "DD501",
        f"axis `{name}` changes nothing",
        Label(column.span, "no part of this experiment reads it"),
        also=marks,
        notes=[
            (
                f"{every} values of `{name}` would describe the same cell, so the sweep would "
                "train it once and draw a flat line"
            )
        ]
        if column.size > 1
        else [],
        help=[
            *advice,
            "or remove the axis" if advice else "read it in a setting, or remove the axis",
        ],
    )


def _with_axis(text: str, name: str) -> str:
    if text.startswith("["):
        return f"[{', '.join([name] * (text.count(',') + 1))}]"
    return name


def _constant(name: str, nodes: dict[str, Node[Any]]) -> tuple[str, str, Any] | None:
    """The constant argument that the axis was probably meant for."""
    wanted = (name, *SIZES.get(name, ()), *MEANT.get(name, ()))
    for kind, node in nodes.items():
        for build in builds_in(node):
            for slot in build.slots:
                if slot.parameter.name in wanted and slot.settled and slot.span != NOWHERE:
                    return kind, slot.parameter.name, slot.span
    return None


def check_seeds(streams: Table[frozenset[str] | None], read_by: set[str], scope: Scope) -> None:
    """Report the replicate axes none of whose streams any cell reads."""
    draft = scope.draft
    assert draft is not None
    if any(value is None for value in streams.values):
        return
    used = frozenset().union(*(value for value in streams.values if value is not None))
    for column in draft.columns.values():
        wanted = SEEDS.get(column.spelling)
        if wanted is None or used & set(wanted) or column.spelling in read_by or not column.items:
            continue
        scope.problems.report(
            "DD501",
            f"axis `{column.spelling}` changes nothing",
            Label(column.span, f"no cell reads the stream `{wanted[0]}`"),
            notes=[f"what cells read here: {listed(f'seed.{s}' for s in sorted(used))}"],
            help=["remove the axis"],
        )
