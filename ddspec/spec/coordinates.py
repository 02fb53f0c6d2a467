"""Coordinates: the axes of an experiment as labelled dimensions of its result."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from ddspec.language.tree import Call, Name
from ddspec.spec import compositions, decimals, labels
from ddspec.spec.algebra import Part, Recipe
from ddspec.spec.axis_checks import SEEDS
from ddspec.spec.building import Build
from ddspec.spec.model import Axis, AxisKind, Coordinate
from ddspec.spec.problems import Problems
from ddspec.spec.scope import Column, Draft, Item

WIDEST = 2**63  # whole numbers of 64 bits are smaller
ABSENT = "absent"
TRAITS = ("model-dependent", "data-dependent", "trajectory")


def axes_of(draft: Draft, problems: Problems) -> tuple[Axis, ...]:
    """The dimensions in order: design axes as written, then replicates, then tuned ones."""
    columns = [*draft.columns.values(), *draft.tuned.values()]
    lanes: dict[str, list[Column]] = {}
    for column in columns:
        if column.kind != "trajectory":
            lanes.setdefault(column.dimension, []).append(column)
    order = {"design": 0, "replicate": 1, "tuned": 2, "trajectory": 3}
    ranked = sorted(lanes.values(), key=lambda lane: order[lane[0].kind])
    taken = {column.name for column in columns} | set(draft.lets)
    return tuple(_axis(lane, taken, problems) for lane in ranked)


def _axis(lane: list[Column], taken: set[str], problems: Problems) -> Axis:
    first, *partners = lane
    extras: dict[str, tuple[Coordinate, ...]] = {
        column.name: labels_of(column, problems) for column in partners
    }
    for column in lane:
        for name, values in _extras(column).items():
            free = name if name not in taken else f"{column.name}_{name}"
            if free not in taken:
                taken.add(free)
                extras[free] = values
    kind: AxisKind = "design" if first.kind == "trajectory" else first.kind
    return Axis(
        first.name,
        first.spelling,
        kind,
        labels_of(first, problems),
        unit=first.unit,
        extras=extras,
        criterion=first.criterion,
        across=first.across,
        halving=first.halving,
        select_on=first.select_on,
        span=first.span,
    )


def labels_of(column: Column, problems: Problems) -> tuple[Coordinate, ...]:
    """The coordinate values of a column, its absent level last."""
    if column.sort == "number":
        return _numbers(column)
    if column.sort == "composition":
        found: list[Coordinate] = list(_unique(r.label for r in compositions.of_axis(column)))
    else:
        found = list(_unique(_symbol(column, level, problems) for level in range(column.size)))
        if set(found) <= {"true", "false"} and not column.conditional:
            return tuple(label == "true" for label in found)
    return (*found, ABSENT) if column.conditional else tuple(found)


def _numbers(column: Column) -> tuple[Coordinate, ...]:
    values = [item.number for item in column.items if item.number is not None]
    fraction = column.conditional or any(
        item.fraction or not decimals.is_whole(value) or abs(value) >= WIDEST
        for item, value in zip(column.items, values, strict=True)
    )
    if column.spelling in SEEDS or not fraction:
        return (*(int(value) for value in values), *([math.nan] if column.conditional else []))
    return (*(float(value) for value in values), *([math.nan] if column.conditional else []))


def _symbol(column: Column, level: int, problems: Problems) -> str:
    """A word with constant arguments by its canonical text, anything else as written."""
    item: Item = column.items[level]
    value = None if item.thunk is None else item.thunk.value
    callee = value.callee if isinstance(value, Call) else None
    for nodes in column.nodes.values():
        node = nodes[level]
        constant = node.constant if isinstance(node, Build) else None
        if constant is not None and isinstance(callee, Name) and callee.text == constant.name():
            return labels.word_text(constant)
    return problems.quote(item.span)


def _unique(texts: Iterable[str]) -> list[str]:
    """The texts, later ones that repeat an earlier one numbered."""
    seen: dict[str, int] = {}
    found = []
    for text in texts:
        seen[text] = seen.get(text, 0) + 1
        found.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return found


# --- coordinates of compositions --------------------------------------------------------------


def _extras(column: Column) -> dict[str, tuple[Coordinate, ...]]:
    if column.sort != "composition":
        return {}
    recipes: Sequence[Recipe] = compositions.of_axis(column)
    terms = [[part for part in recipe.parts if not part.neutral] for recipe in recipes]
    tail = [()] if column.conditional else []
    builds = [[p.node for p in parts if isinstance(p.node, Build)] for parts in [*terms, *tail]]
    extras: dict[str, tuple[Coordinate, ...]] = {}
    for name in _ordered(build.word.name() for found in builds for build in found):
        extras[f"has_{name}"] = tuple(any(b.word.name() == name for b in f) for f in builds)
    for key in _ordered(_key(part) for parts in terms for part in parts):
        extras.update(_strengths(key, [*terms, *tail], _places(key[0], terms)))
    extras["terms"] = tuple(len(found) for found in builds)
    for trait in TRAITS:
        name = trait.replace("-", "_")
        extras[name] = tuple(any(_acts(build) == trait for build in f) for f in builds)
    return extras


def _ordered(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _key(part: Part) -> tuple[str, str]:
    return part.position or (part.label, "")


def _places(word: str, terms: Sequence[Sequence[Part]]) -> int:
    return len({_key(part)[1] for parts in terms for part in parts if _key(part)[0] == word})


def _strengths(
    key: tuple[str, str], terms: Sequence[Sequence[Part]], places: int
) -> dict[str, tuple[Coordinate, ...]]:
    """The strength of a term along the axis; NaN without it and where it is no constant."""
    found = [next((part for part in parts if _key(part) == key), None) for parts in terms]
    values = [math.nan if part is None else _strength(part) for part in found]
    field = next((f for part in found if part is not None for f in [_field(part)] if f), None)
    if field is None or all(math.isnan(value) for value in values):
        return {}
    word, place = key
    name = f"{word}_{field}" if places == 1 else f"{word}_{field}_{place}"
    return {name: tuple(values)}


def _field(part: Part) -> str | None:
    return getattr(part.node.word, "strength_field", None) if isinstance(part.node, Build) else None


def _strength(part: Part) -> float:
    field = _field(part)
    constant = part.node.constant if isinstance(part.node, Build) else None
    return math.nan if field is None or constant is None else float(getattr(constant, field))


def _acts(build: Build) -> str:
    return str(getattr(build.word, "acts", ""))
