"""Sorts of expressions: numbers, compositions of regularizers, or names and words."""

from __future__ import annotations

from collections.abc import Iterator

from ddspec.language.tree import (
    Attribute,
    Binary,
    Braces,
    Call,
    Chain,
    Conditional,
    Expression,
    Group,
    Maybe,
    Name,
    Number,
    Percent,
    Quantity,
    Range,
    Unary,
    With,
)
from ddspec.spec.decimals import FUNCTIONS
from ddspec.spec.scope import Column, Declaration, Scope, Sort, Thunk
from ddspec.vocabulary import registry

LATTICES = ("subsets", "leave_one_out", "one_at_a_time")


def sort_of(expression: Expression, scope: Scope) -> Sort:
    """What an expression is about, from its shape and from what its names stand for."""
    found = set(_sorts(expression, scope))
    if "composition" in found or found == {"none"}:
        return "composition"
    if not found:
        return "number" if isinstance(expression, Braces) else "symbol"
    return "symbol" if "symbol" in found else "number"


def _sorts(expression: Expression, scope: Scope) -> Iterator[str]:
    match expression:
        case Number() | Percent() | Range() | Unary(operator="-"):
            yield "number"
        case Group(inner=inner) | Quantity(value=inner) | With(base=inner):
            yield from _sorts(inner, scope)
        case Chain(operator="|", operands=parts) | Braces(items=parts):
            for part in parts:
                yield from _sorts(part, scope)
        case Conditional(then=then, otherwise=otherwise):
            yield from _sorts(then, scope)
            yield from _sorts(otherwise, scope)
        case Maybe():
            yield "composition"
        case Binary(operator="+" | "-" | "*" | "/" | "^", left=left, right=right):
            both = {*_sorts(left, scope), *_sorts(right, scope)}
            yield "composition" if "composition" in both else "number"
        case Name() | Attribute():
            yield from _of_name(expression, scope)
        case Call(callee=Name() | Attribute() as callee):
            yield from _of_call(callee, scope)
        case _:
            yield "symbol"


def _of_call(callee: Name | Attribute, scope: Scope) -> Iterator[str]:
    if scope.look_up(callee) is None and isinstance(callee, Name):
        if callee.text in LATTICES:
            yield "composition"
            return
        if callee.text in ("tune", "random") or callee.text in FUNCTIONS:
            yield "number"
            return
    yield from _of_name(callee, scope)


def _of_name(reference: Name | Attribute, scope: Scope) -> Iterator[str]:
    found = scope.look_up(reference)
    match found:
        case Thunk():
            yield from _sorts(found.value, found.scope)
        case Declaration(kind="let", value=value) if found not in scope.trail:
            if not isinstance(value, tuple):
                inner = scope.enter(found)
                yield from scope.once("sorts", found, lambda: set(_sorts(value, inner)))
        case Declaration():
            yield "composition" if found.kind == "regularizer" else "symbol"
        case Column():
            yield found.sort
        case None if isinstance(reference, Name):
            yield _of_unknown(reference.text)
        case _:
            yield "symbol"


def _of_unknown(name: str) -> str:
    if name in ("none", "parameters"):
        return {"none": "none", "parameters": "number"}[name]
    return "composition" if registry.kinds_of(name) == ("regularizer",) else "symbol"
