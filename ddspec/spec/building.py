"""Building: a word with its arguments as written becomes a node of its values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.language.tree import Name, Quantity, walk
from ddspec.spec import calls, faults, sorts
from ddspec.spec.calls import Argument, Callee, parameters_of
from ddspec.spec.nodes import (
    BrokenError,
    Choose,
    Constant,
    Joined,
    Node,
    Point,
    Read,
    union,
)
from ddspec.spec.nodes import Sequence as Items
from ddspec.spec.problems import label
from ddspec.spec.scope import Scope, Thunk
from ddspec.spec.slots import UNSET, Slot, settled
from ddspec.vocabulary import registry
from ddspec.vocabulary.kinds import Word
from ddspec.vocabulary.schema import FULL, Parameter

# What an example of a kind shows; of others the first word.
PLAIN = {
    "architecture": "mlp",
    "dataset": "mnist1d",
    "loss": "mse",
    "optimizer": "sgd",
    "regularizer": "l2",
    "schedule": "cosine",
}
BLOCK_WORD = "gradient_descent"  # what `train name { ... }` is a call of


@attrs.frozen(eq=False)
class Application:
    """A word with its arguments as written: what `with` and further calls can still change."""

    word: type[Word]
    arguments: Mapping[str, Argument]
    callee: Callee
    span: Span
    scope: Scope
    unread: bool = False  # some of its lines could not be read


@attrs.frozen(kw_only=True)
class Build(Node[Word]):
    """A word made of the values of its slots. `constant` is the word when no slot reads an axis."""

    word: type[Word]
    slots: tuple[Slot, ...] = attrs.field(eq=False)
    constant: Word | None = None
    keys: frozenset[tuple[str, Any]] = frozenset()

    def at(self, point: Point) -> Word:
        """The word with the values of its slots at the point."""
        if self.constant is not None:
            return self.constant
        values, broken = {}, self.poisoned
        for slot in self.slots:
            try:
                values[slot.parameter.field] = slot.at(point)
            except BrokenError:
                broken = True
        if broken:
            raise BrokenError
        return self.word(**values)


def construct(application: Application) -> Node[Any]:
    """The node of an application: every argument read, defaults left to the word."""
    scope, callee = application.scope, application.callee
    slots, absent = [], []
    for parameter in parameters_of(application.word):
        written = application.arguments.get(parameter.name)
        if written is not None:
            written = _knowing_batch(written, application)
            slots.append(_slot(parameter, written, callee, application.word.kind))
        elif parameter.required:
            absent.append(parameter.name)
    if absent and scope.draft is not None and not application.unread:
        calls.missing(absent, callee, scope, _examples(application, absent))
    return _built(application.word, tuple(slots), application.span, broken=bool(absent))


def _knowing_batch(written: Argument, application: Application) -> Argument:
    """An argument in which `batch` is, unless it is something else there, the number of samples of
    the same block: `lr: 0.1 * batch / 128`.
    """
    batch = application.arguments.get("batch")
    names = (part for part in walk(written.value) if isinstance(part, Name))
    if batch is None or batch is written or not any(name.text == "batch" for name in names):
        return written
    scope = written.scope
    if scope.find("batch") is not None:
        return written
    value = batch.value.value if isinstance(batch.value, Quantity) else batch.value
    thunk: Thunk | None = Thunk(value, batch.scope)
    if isinstance(value, Name) and value.text == "full" and batch.scope.look_up(value) is None:
        _no_number(written, batch)
        thunk = None
    known = {**scope.parameters, "batch": thunk}
    return attrs.evolve(written, scope=attrs.evolve(scope, parameters=known))


def _no_number(written: Argument, batch: Argument) -> None:
    """Report an argument that computes with `batch: full`."""
    problems = written.scope.problems
    text = problems.quote(batch.value.span)
    problems.report(
        "DD204",
        f"`batch: {text}` is not a number to compute with",
        Label(written.value.span, "computes with `batch`"),
        also=[label(batch.value.span, "all the training samples, however many")],
        help=["write the number of samples as `batch`, or this value without it"],
    )


def _built(kind: type[Word], slots: tuple[Slot, ...], span: Span, *, broken: bool) -> Build:
    nodes = tuple(slot.node for slot in slots)
    poisoned = broken or any(node.poisoned for node in nodes)
    constant = None
    if not poisoned and all(slot.value is not UNSET for slot in slots):
        constant = kind(**{slot.parameter.field: slot.value for slot in slots})
    keys = frozenset() if constant is not None else frozenset(slot.key() for slot in slots)
    return Build(
        word=kind,
        slots=slots,
        constant=constant,
        keys=keys,
        span=span,
        reads=union(nodes),
        poisoned=poisoned,
    )


def rebuilt(build: Build, slots: tuple[Slot, ...]) -> Build:
    """The same word with other slots."""
    return _built(build.word, slots, build.span, broken=False)


def _slot(parameter: Parameter, written: Argument, callee: Callee, kind: str) -> Slot:
    span = written.value.span
    scope = attrs.evolve(written.scope, purpose=f"{callee.name}_{parameter.name}")
    subject = f"{callee.name} {parameter.name}"
    if parameter.accepts == "word":
        node = _word_argument(parameter, written, subject)
        value = UNSET
        if isinstance(node, Build) and node.constant is not None:
            value = node.constant
        elif isinstance(node, Constant):
            value = node.value
        return Slot(parameter, subject, node, span, kind, value)
    node = scope.resolve.argument(parameter, written.value, scope)
    slot, point = settled(Slot(parameter, subject, node, span, kind))
    faults.report(point.faults, scope.problems)
    if parameter.name == "batch" and slot.settled and scope.draft is not None:
        scope.draft.batch = None if slot.value == FULL else slot.value
    return slot


def _word_argument(parameter: Parameter, written: Argument, subject: str) -> Node[Any]:
    expression, scope = written.value, written.scope
    kind = parameter.kind or ""
    if isinstance(expression, Name) and expression.text == "none" and parameter.default is None:
        return Constant(value=None, span=expression.span)
    if parameter.lift is None or sorts.sort_of(expression, scope) != "number":
        node: Node[Any] = scope.resolve.word(expression, kind, scope)
        return node
    return lifted(kind, parameter.lift, written, subject, parameter.name)


def _examples(application: Application, absent: Sequence[str]) -> list[str]:
    """How to write what is missing: lines of a block, or a whole call."""
    if application.callee.noun != "setting":
        return [example(application.word)]
    values = {p.name: _value_example(p) for p in parameters_of(application.word)}
    return [f"{name}: {values[name]}" for name in absent]


def _value_example(parameter: Parameter) -> str:
    if parameter.accepts == "word":
        return plain_example(parameter.kind or "")
    return f"100 {parameter.units[0]}" if parameter.units else "..."


def lifted(kind: str, lift: str, written: Argument, subject: str, name: str) -> Node[Any]:
    """The node of a number that stands for a word: `lr: 0.1` is `constant(0.1)`."""
    expression, scope = written.value, written.scope
    meant = registry.find(kind, lift)
    assert meant is not None
    first = parameters_of(meant)[0]
    node = scope.resolve.argument(attrs.evolve(first, name=name), expression, scope)
    slot, point = settled(Slot(first, subject, node, expression.span, kind))
    faults.report(point.faults, scope.problems)
    return _built(meant, (slot,), expression.span, broken=False)


def builds_in(node: Node[Any]) -> list[Build]:
    """Every word a node can be, and the words among its arguments."""
    match node:
        case Build(slots=slots):
            return [node, *(found for slot in slots for found in builds_in(slot.node))]
        case Read(points=points):
            return [found for point in points for found in builds_in(point)]
        case Choose(then=then, otherwise=otherwise):
            return [*builds_in(then), *builds_in(otherwise)]
        case Items(items=parts) | Joined(parts=parts):
            return [found for part in parts for found in builds_in(part)]
    return []


def plain_example(kind: str) -> str:
    """The right example of a word of a kind, a plain one where there is one."""
    found = registry.find(kind, PLAIN.get(kind, registry.names(kind)[0]))
    return "" if found is None else example(found)


def example(kind: type[Word]) -> str:
    """The right example of a word's documentation."""
    found = re.search(r"Example: (.*(?:\n {10,}.*)*)", kind.__doc__ or "")
    return " ".join(found[1].split()) if found else ""
