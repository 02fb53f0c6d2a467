"""Scaling: a factor on a composition multiplies the strength of every penalty in it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from ddspec.errors import Label
from ddspec.language.tree import Binary
from ddspec.spec import algebra, building, labels, numbers, slots, sorts
from ddspec.spec.algebra import Part, Recipes
from ddspec.spec.building import Build
from ddspec.spec.nodes import Compute, Constant, Node, poison
from ddspec.spec.problems import label
from ddspec.spec.scope import Scope


def scaled(expression: Binary, scope: Scope) -> Recipes:
    """`2 * a`: every penalty of the alternatives, multiplied."""
    left, right = expression.left, expression.right
    if sorts.sort_of(left, scope) != "number":
        left, right = right, left
    factor = numbers.number(left, scope)
    found: Recipes = scope.resolve.recipes(right, scope)
    if factor.poisoned:
        return algebra.lost(expression.span, scope.problems.quote(expression.span), factor)

    def change(part: Part) -> Part:
        return _scaled_part(part, factor, expression, scope)

    return algebra.mapped(found, change)


def _scaled_part(part: Part, factor: Node[Decimal], expression: Binary, scope: Scope) -> Part:
    if part.node.poisoned:
        return part
    build = part.node
    scaled = build.word.scaled if isinstance(build, Build) else None  # type: ignore[attr-defined]
    if not isinstance(build, Build) or scaled is None:
        _not_scalable(part, factor, expression, scope)
        return attrs.evolve(part, node=poison(part.span, part.node))
    changed_slots = []
    for slot in build.slots:
        if slot.parameter.field == scaled:
            reads = factor.reads | slot.node.reads
            node = Compute(function="*", operands=(factor, slot.node), span=slot.span, reads=reads)
            scaled_slot = attrs.evolve(slot, node=numbers.folded(node, scope), value=slots.UNSET)
            changed_slots.append(slots.settled(scaled_slot)[0])
        else:
            changed_slots.append(slot)
    changed = building.rebuilt(build, tuple(changed_slots))
    text = f"{scope.problems.quote(factor.span)} * {part.label}"
    if changed.constant is not None:
        text = labels.word_text(changed.constant)
    return attrs.evolve(part, node=changed, label=text)


def _not_scalable(part: Part, factor: Node[Decimal], expression: Binary, scope: Scope) -> None:
    text = scope.problems.quote(expression.span)
    name = part.position[0] if part.position else part.label
    scope.problems.report(
        "DD403",
        f"`{text}` has no meaning",
        Label(factor.span, f"`{name}` is not a penalty"),
        also=[label(part.span, "is not added to the loss")],
        notes=["only penalties, terms added to the loss such as l1 and l2, can be scaled"],
        help=[_scaled_by_hand(part, factor) or f"write its strength inside `{name}(...)`"],
    )


def _scaled_by_hand(part: Part, factor: Node[Decimal]) -> str | None:
    """What to write for a factor on a term that is no penalty, where that can be computed."""
    build = part.node
    if not isinstance(build, Build) or not isinstance(factor, Constant):
        return None
    field = getattr(build.word, "strength_field", None)
    slot = next((s for s in build.slots if s.parameter.field == field), None)
    if slot is None or not slot.settled or build.constant is None:
        return None
    value = factor.value * Decimal(repr(slot.value))
    if not slot.parameter.admits(value):
        return None
    changed: Any = attrs.evolve(build.constant, **{slot.parameter.field: float(value)})  # type: ignore[misc]
    return f"write the {slot.parameter.name} itself: `{labels.word_text(changed)}`"
