"""Slots: parameters of a word with the nodes of their values, and what values fit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from ddspec.errors import Span
from ddspec.spec import decimals
from ddspec.spec.nodes import BrokenError, Node, Point, poison
from ddspec.vocabulary.schema import Duration, Parameter

UNSET: Any = object()
LARGEST = Decimal("1e300")
LARGEST_WHOLE = Decimal(2**53)  # what a float still tells from its neighbors
LONGEST = Decimal(2**31 - 1)  # epochs or steps: datasets count them in 32 bits


@attrs.frozen(eq=False)
class Misfit:
    """A value its parameter does not take; `why` is range, whole, choice or flag."""

    slot: Slot
    value: Any
    why: str
    position: int | None = None


class MisfitError(Exception):
    """A value does not fit: why, which value, and which item of a list it is."""

    def __init__(self, why: str, value: Any, position: int | None = None) -> None:
        super().__init__(why)
        self.why, self.value, self.position = why, value, position


@attrs.frozen(eq=False)
class Slot:
    """A parameter with the node of its value.

    `subject` names it in messages (`dropout rate`) and `kind` the kind of its word; `span` is the
    argument as written; `value` is set when it is the same everywhere.
    """

    parameter: Parameter
    subject: str
    node: Node[Any]
    span: Span
    kind: str = ""
    value: Any = UNSET

    def at(self, point: Point) -> Any:
        """The fitting value at a point; leaves a fault there when it does not fit."""
        if self.value is not UNSET:
            return self.value
        raw = self.node.at(point)
        try:
            return fit(self.parameter, raw, self.node.unit)
        except MisfitError as error:
            about = Misfit(self, error.value, error.why, error.position)
            raise point.fail(self.node, about, (self.subject, self.span)) from None

    @property
    def settled(self) -> bool:
        """True when the value is the same everywhere."""
        return self.value is not UNSET

    @property
    def name(self) -> str:
        """What the argument is called where it is written."""
        return self.subject.split()[-1]

    def key(self) -> tuple[str, Any]:
        """What makes two slots equal: the field and its value, or how the value is had."""
        return self.parameter.field, self.node if self.value is UNSET else self.value


def settled(slot: Slot) -> tuple[Slot, Point]:
    """The slot with its value, when that is the same everywhere, and the faults met."""
    point = Point({})
    if slot.node.poisoned or slot.node.reads or getattr(slot.node, "word", None) is not None:
        return slot, point
    try:
        return attrs.evolve(slot, value=slot.at(point)), point
    except BrokenError:
        return attrs.evolve(slot, node=poison(slot.span)), point


def fit(parameter: Parameter, raw: Any, unit: str = "") -> Any:
    """The value as the parameter's field takes it; raises MisfitError."""
    match parameter.accepts:
        case "number":
            return _number(parameter, raw)
        case "integer":
            return dict(parameter.named)[raw] if isinstance(raw, str) else _integer(parameter, raw)
        case "duration":
            return _length(parameter, raw, unit)
        case "integers" | "numbers" | "durations":
            return tuple(_item(parameter, value, i) for i, value in enumerate(raw))
        case "choice" if raw not in parameter.choices:
            raise MisfitError("choice", raw)
        case "flag":
            if raw not in ("true", "false"):
                raise MisfitError("flag", raw)
            return raw == "true"
    return raw


def _number(parameter: Parameter, value: Decimal) -> float:
    if not parameter.admits(value) or abs(value) > LARGEST:
        raise MisfitError("range", value)
    return float(value)


def _integer(parameter: Parameter, value: Decimal, largest: Decimal = LARGEST_WHOLE) -> int:
    if not decimals.is_whole(value):
        raise MisfitError("whole", value)
    if not parameter.admits(value) or abs(value) > largest:
        raise MisfitError("range", value)
    return int(value)


def _item(parameter: Parameter, raw: Any, position: int) -> int | float | Duration:
    try:
        match parameter.accepts:
            case "numbers":
                return _number(parameter, raw)
            case "durations":
                value, unit = raw
                return _length(parameter, value, unit)
        return _integer(parameter, raw)
    except MisfitError as error:
        raise MisfitError(error.why, error.value, position) from None


def _length(parameter: Parameter, value: Decimal, unit: str) -> Duration:
    return Duration(_integer(parameter, value, LONGEST), "steps" if unit == "steps" else "epochs")
