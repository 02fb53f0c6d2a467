"""Labels: words as a reader would write them, the shortest text that means the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ddspec.spec.building import Build
from ddspec.spec.calls import parameters_of
from ddspec.spec.decimals import plain
from ddspec.spec.nodes import Constant, Node, Read, Shared
from ddspec.spec.problems import Problems
from ddspec.spec.slots import Slot
from ddspec.vocabulary.kinds import Word
from ddspec.vocabulary.schema import Duration, Parameter


def text_of(value: Any) -> str:  # noqa: PLR0911 -- a case a type
    """A value of a parameter as written in a spec."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return plain(Decimal(repr(value)))
        case tuple():
            return f"[{', '.join(text_of(item) for item in value)}]"
        case Duration():
            return str(value)
        case Word():
            return word_text(value)
        case None:
            return "none"
    return str(value)


def word_text(word: Word) -> str:
    """A word with the arguments that differ from their defaults: `l2(1e-4)`, `dropout(0.2)`."""
    return _call(word.name(), [(p, _lowered(p, word)) for p in parameters_of(type(word))], word)


def _lowered(parameter: Parameter, word: Word) -> str:
    """An argument's text; a word that a bare number stands for is written as the number."""
    value = getattr(word, parameter.field)
    if isinstance(value, Word) and parameter.lift == value.name():
        first, *others = parameters_of(type(value))
        if all(getattr(value, p.field) == p.default for p in others):
            return text_of(getattr(value, first.field))
    names = [name for name, number in parameter.named if number == value]
    return names[0] if names else text_of(value)


def _call(name: str, arguments: list[tuple[Parameter, str]], word: Word | None) -> str:
    written = []
    in_order = True
    for position, (parameter, text) in enumerate(arguments):
        if word is not None and getattr(word, parameter.field) == parameter.default:
            in_order = False
            continue
        bare = in_order and position == 0 and parameter.accepts == "number"
        written.append(text if bare else f"{parameter.name}: {text}")
    return f"{name}({', '.join(written)})"


def build_text(build: Build, problems: Problems) -> str:
    """A word as written, its constant arguments at their shortest, a tuned one as `tuned`."""
    if build.constant is not None:
        return word_text(build.constant)
    slots = [(slot.parameter, _slot_text(slot, problems)) for slot in build.slots]
    return _call(build.word.name(), slots, None)


def _slot_text(slot: Slot, problems: Problems) -> str:
    if slot.settled:
        return text_of(slot.value)
    if _tuned(slot.node):
        return "tuned"
    if isinstance(slot.node, Build):
        return build_text(slot.node, problems)
    return problems.quote(slot.span)


def _tuned(node: Node[Any]) -> bool:
    if isinstance(node, Read):
        return node.column.kind == "tuned"
    if isinstance(node, Shared):
        return _tuned(node.inner)
    operands = getattr(node, "operands", ())
    others = [operand for operand in operands if not isinstance(operand, Constant)]
    return bool(others) and all(_tuned(operand) for operand in others)
