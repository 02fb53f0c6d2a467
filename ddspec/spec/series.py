"""Series: lists of words, `[downsample(to: 100), normalize()]`, as the value of one argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ddspec.language.tree import (
    Attribute,
    Call,
    Conditional,
    Expression,
    Group,
    Listing,
    Name,
)
from ddspec.spec import words
from ddspec.spec.nodes import Constant, Joined, Node, Sequence, poison, union
from ddspec.spec.scope import Declaration, Scope
from ddspec.vocabulary import registry
from ddspec.vocabulary.schema import Parameter

KINDS = ("transform",)  # of which a declaration may be a list
Symbolic = Callable[..., Node[Any] | None]


def series(
    parameter: Parameter, expression: Expression, scope: Scope, symbolic: Symbolic
) -> Node[Any]:
    """The node of a tuple of words; poison, reported, for anything else.

    A bare word is a list of one, `none` the empty list, and a list within a list is part of it.
    symbolic: reads a name or an `if` by what it stands for.
    """

    def reader(parameter: Parameter, expression: Expression, scope: Scope) -> Node[Any]:
        return series(parameter, expression, scope, symbolic)

    node: Node[Any] | None = None
    match expression:
        case Group(inner=inner):
            return reader(parameter, inner, scope)
        case Listing(items=items):
            return _joined([reader(parameter, item, scope) for item in items], expression)
        case Name(text="none"):
            return Constant(value=(), span=expression.span)
        case Call(callee=Name() | Attribute() as callee):
            node = _declared(parameter, callee, expression, scope, reader)
        case Name() | Attribute():
            call = Call(expression, (), span=expression.span)
            node = _declared(parameter, expression, call, scope, reader)
            node = node or symbolic(parameter, expression, scope, reader)
        case Conditional():
            node = symbolic(parameter, expression, scope, reader)
    return node or _single(parameter, expression, scope)


def _joined(parts: list[Node[Any]], expression: Listing) -> Node[Any]:
    if any(part.poisoned for part in parts):
        return poison(expression.span, *parts)
    return Joined(parts=tuple(parts), span=expression.span, reads=union(parts))


def _single(parameter: Parameter, expression: Expression, scope: Scope) -> Node[Any]:
    node: Node[Any] = scope.resolve.word(expression, parameter.kind or "", scope)
    if node.poisoned:
        return node
    return Sequence(items=(node,), span=expression.span, reads=node.reads)


def _declared(
    parameter: Parameter, callee: Name | Attribute, call: Call, scope: Scope, reader: Any
) -> Node[Any] | None:
    """The list that a declared name stands for; None where it stands for anything else."""
    found = scope.look_up(callee)
    if not isinstance(found, Declaration) or not _is_list(found):
        return None
    own = isinstance(callee, Name) and registry.find(parameter.kind or "", callee.text)
    if found in scope.trail and own:  # a list of that name made of the word of that name
        return None
    inner = words.entered_call(call, found, callee, scope)
    if inner is None or isinstance(found.value, tuple):
        return poison(call.span)
    node: Node[Any] = reader(parameter, found.value, inner)
    return node


def _is_list(declaration: Declaration) -> bool:
    value = declaration.value
    while isinstance(value, Group):
        value = value.inner
    return isinstance(value, Listing) and declaration.kind in (*KINDS, "let")


def read_alone(expression: Expression, kind: str, scope: Scope) -> None:
    """Read the value of a declaration of a kind of which lists are declared, for its problems."""
    parameter = Parameter("words", f"words of kind {kind}", name=kind, kind=kind)
    scope.resolve.argument(parameter, expression, scope)
