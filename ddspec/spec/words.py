"""Words: from a name, a call or `with` to a word of the vocabulary with its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.language.tree import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    Group,
    Hole,
    Keyword,
    Name,
    Setting,
    Statement,
    With,
)
from ddspec.spec import building, calls, comparisons, names, sorts
from ddspec.spec.building import Application, construct
from ddspec.spec.calls import Argument, Callee, parameters_of
from ddspec.spec.no_word import no_word
from ddspec.spec.nodes import Choose, Constant, Node, Poison, Read, poison, union
from ddspec.spec.problems import Problems
from ddspec.spec.scope import Column, Declaration, Scope, Thunk
from ddspec.vocabulary import registry
from ddspec.vocabulary.kinds import Word

OPTIONAL = ("corruption", "stopping")  # of which an axis may have none
LIFTS = {"schedule": "constant", "corruption": "uniform"}  # what a number stands for
BLOCK_WORD = "gradient_descent"  # what `train name { ... }` is a call of


def word(expression: Expression, kind: str, scope: Scope) -> Node[Any]:
    """The node of a word of a kind; poison, reported, for anything else."""
    found = reduce(expression, kind, scope)
    return construct(found) if isinstance(found, Application) else found


def reduce(  # noqa: PLR0911 -- a case a shape
    expression: Expression, kind: str, scope: Scope
) -> Application | Node[Any]:
    """The application an expression comes to, or the node of an axis or of an `if`."""
    match expression:
        case Group(inner=inner):
            return reduce(inner, kind, scope)
        case Name() | Attribute():
            return _reference(expression, kind, scope)
        case Call(callee=Name() | Attribute()):
            return _call(expression, kind, scope)
        case With():
            return _with(expression, kind, scope)
        case Conditional():
            return _conditional(expression, kind, scope)
        case Binary() if kind == comparisons.KIND:
            called = comparisons.called(expression, scope)
            return called if isinstance(called, Poison) else reduce(called, kind, scope)
    return no_word(expression, kind, scope)


# --- reducing ---------------------------------------------------------------------------------


def _reference(reference: Name | Attribute, kind: str, scope: Scope) -> Application | Node[Any]:
    found = _meant(reference, kind, scope)
    match found:
        case Thunk():
            return reduce(found.value, kind, found.scope)
        case Declaration():
            return _declared(found, {}, reference, kind, scope)
        case Column():
            return read(found, reference, kind, scope)
    if isinstance(reference, Name) and not scope.names.might_declare(reference.text):
        vocabulary = registry.find(kind, reference.text)
        if vocabulary is not None:
            return _applied(vocabulary, {}, reference, reference.span, scope)
    return names.unknown(reference, kind, scope, known_words(kind, scope))


def _meant(reference: Name | Attribute, kind: str, scope: Scope) -> Any:
    """What a reference stands for where a word of a kind is needed.

    A declaration of another kind, and one whose own value is being read, leave a word of the
    vocabulary its name.
    """
    found = scope.look_up(reference)
    if isinstance(found, Declaration) and isinstance(reference, Name):
        elsewhere = found.kind not in (kind, "let") or found in scope.trail
        if elsewhere and registry.find(kind, reference.text) is not None:
            return None
    return found


def known_words(kind: str, scope: Scope) -> list[str]:
    """Words and declarations of a kind that can be named here."""
    home = scope.names
    declared = [n for n, d in home.declarations.items() if d.kind == kind]
    used = [
        f"{alias}.{n}"
        for alias, module in home.modules.items()
        for n, d in module.declarations.items()
        if d.kind == kind
    ]
    return [*registry.names(kind), *declared, *used]


def _applied(
    vocabulary: type[Word],
    bound: Mapping[str, Argument],
    reference: Name | Attribute,
    span: Span,
    scope: Scope,
) -> Application:
    callee = Callee(vocabulary.name(), "argument", reference.span)
    return Application(vocabulary, bound, callee, span, scope)


def _declared(
    declaration: Declaration,
    parameters: Mapping[str, Argument],
    reference: Name | Attribute,
    kind: str,
    scope: Scope,
) -> Application | Node[Any]:
    name = names.spelled(reference)
    if declaration.kind not in (kind, "let"):
        return names.mismatch(reference.span, name, names.what(declaration), kind, scope)
    inner = _entered(declaration, parameters, reference, scope)
    if inner is None:
        return poison(reference.span)
    if isinstance(declaration.value, tuple):
        return block(declaration, declaration.value, inner)
    return reduce(declaration.value, kind, inner)


def _entered(
    declaration: Declaration,
    parameters: Mapping[str, Argument],
    reference: Name | Attribute,
    scope: Scope,
) -> Scope | None:
    name = names.spelled(reference)
    absent = [p.text for p in declaration.parameters if p.text not in parameters]
    if absent:
        given = ", ".join(p.text for p in declaration.parameters)
        callee = Callee(name, "parameter", reference.span)
        calls.missing(absent, callee, scope, [f"{name}({given})"])
    bound = {
        p.text: Thunk(parameters[p.text].value, parameters[p.text].scope)
        if p.text in parameters
        else None
        for p in declaration.parameters
    }
    return names.entered(declaration, scope, bound)


def block(declaration: Declaration, body: tuple[Statement, ...], scope: Scope) -> Application:
    """The application a `train name { ... }` block is; `scope` is its own."""
    vocabulary = registry.find(declaration.kind, BLOCK_WORD)
    assert vocabulary is not None
    known = [p.name for p in parameters_of(vocabulary)]
    callee = Callee("train", "setting", declaration.name.span, explained=False)
    bound = calls.settings(body, callee, known, scope)
    named = [statement.name.text for statement in body if isinstance(statement, Setting)]
    unread = any(isinstance(statement, Hole) for statement in body) or not {*named} <= {*known}
    if unread and scope.draft is not None:
        scope.draft.blind = True
    return Application(vocabulary, bound, callee, declaration.span, scope, unread)


def check_block(declaration: Declaration, scope: Scope) -> None:
    """Read a block for its problems; `scope` is its own."""
    assert isinstance(declaration.value, tuple)
    construct(block(declaration, declaration.value, scope))


def entered_call(
    call: Call, declaration: Declaration, callee: Name | Attribute, scope: Scope
) -> Scope | None:
    """The scope of a called declaration's value; None, reported, when it needs itself."""
    known = [p.text for p in declaration.parameters]
    called = Callee(names.spelled(callee), "parameter", callee.span, explained=False)
    bound = calls.bind(call, called, known, scope)
    return _entered(declaration, bound, callee, scope)


def _call(call: Call, kind: str, scope: Scope) -> Application | Node[Any]:
    callee = call.callee
    assert isinstance(callee, Name | Attribute)
    found = _meant(callee, kind, scope)
    if isinstance(found, Declaration):
        return _call_declared(call, found, callee, kind, scope)
    if isinstance(found, Thunk | Column):
        return override(reduce(callee, kind, scope), call, scope)
    vocabulary = registry.find(kind, callee.text) if isinstance(callee, Name) else None
    if vocabulary is None:
        names.touch(call.arguments, scope)
        blind = scope.draft.blind if scope.draft is not None else False
        node = names.unknown(callee, kind, scope, known_words(kind, scope))
        if scope.draft is not None:  # its arguments show what it would have read
            scope.draft.blind = blind
        return node
    known = [p.name for p in parameters_of(vocabulary)]
    bound = calls.bind(call, Callee(vocabulary.name(), "argument", callee.span), known, scope)
    return _applied(vocabulary, bound, callee, call.span, scope)


def _call_declared(
    call: Call, declaration: Declaration, callee: Name | Attribute, kind: str, scope: Scope
) -> Application | Node[Any]:
    if not declaration.parameters or declaration.kind not in (kind, "let"):
        return override(_reference(callee, kind, scope), call, scope)
    inner = entered_call(call, declaration, callee, scope)
    if inner is None or isinstance(declaration.value, tuple):
        return poison(call.span)
    return reduce(declaration.value, kind, inner)


def override(base: Application | Node[Any], call: Call, scope: Scope) -> Application | Node[Any]:
    """`digits(samples: 100)`: the declared word with some arguments replaced."""
    if not call.arguments:
        return base
    if not isinstance(base, Application):
        return _not_changeable(base, call.span, call.arguments, scope)
    known = [p.name for p in parameters_of(base.word)]
    named = tuple(a for a in call.arguments if isinstance(a, Keyword))
    callee = attrs.evolve(base.callee, noun="argument")
    if len(named) < len(call.arguments):
        shown = scope.problems.quote(call.callee.span)
        scope.problems.report(
            "DD118",
            f"`{shown}` declares no parameters",
            Label(call.arguments[0].span, "which argument is this?"),
            help=[f"name the argument to replace: `{shown}({_first(base.word)}: ...)`"],
        )
        names.touch(call.arguments, scope)
    bound = calls.bind(Call(call.callee, named, span=call.span), callee, known, scope)
    return attrs.evolve(base, arguments={**base.arguments, **bound}, span=call.span)


def _first(vocabulary: type[Word]) -> str:
    """The argument one would most likely replace: the first required one."""
    parameters = parameters_of(vocabulary)
    return next((p.name for p in parameters if p.required), parameters[0].name)


def _with(expression: With, kind: str, scope: Scope) -> Application | Node[Any]:
    base = reduce(expression.base, kind, scope)
    values = tuple(s.value for s in expression.body if isinstance(s, Setting))
    if not isinstance(base, Application):
        return _not_changeable(base, expression.span, values, scope)
    known = [p.name for p in parameters_of(base.word)]
    _only_settings(expression, scope.problems)
    bound = calls.settings(expression.body, base.callee, known, scope)
    return attrs.evolve(base, arguments={**base.arguments, **bound}, span=expression.span)


def _only_settings(expression: With, problems: Problems) -> None:
    for statement in expression.body:
        if not isinstance(statement, Setting):
            problems.report(
                "DD109",
                "`with` replaces settings only",
                Label(statement.span, "not a setting"),
                help=["write `NAME: value`, one to a line"],
            )


def _not_changeable(
    base: Node[Any], span: Span, values: tuple[Any, ...], scope: Scope
) -> Node[Any]:
    names.touch(values, scope)
    if not base.poisoned:
        scope.problems.report(
            "DD204",
            "only a declared word can be changed here",
            Label(span, "an axis or an `if` stands for several words"),
            help=["change the words where they are written"],
        )
    return poison(span, base)


def _conditional(expression: Conditional, kind: str, scope: Scope) -> Node[Any]:
    condition = scope.resolve.condition(expression.condition, scope)
    then = scope.resolve.word(expression.then, kind, scope)
    otherwise = scope.resolve.word(expression.otherwise, kind, scope)
    parts = (condition, then, otherwise)
    if condition.poisoned:
        return poison(expression.span, *parts)
    return Choose(
        condition=condition,
        then=then,
        otherwise=otherwise,
        span=expression.span,
        reads=union(parts),
        poisoned=any(part.poisoned for part in parts),
    )


def read(column: Column, reference: Name | Attribute, kind: str, scope: Scope) -> Node[Any]:
    """The value of an axis over words."""
    assert scope.draft is not None
    scope.draft.read.add(column.spelling)
    if column.sort != "symbol":
        name = names.spelled(reference)
        return names.mismatch(reference.span, name, names.what(column), kind, scope)
    if kind not in column.nodes:
        column.nodes[kind] = tuple(
            _point(item.thunk, kind) for item in column.items if item.thunk is not None
        )
    points: tuple[Node[Any], ...] = column.nodes[kind]
    if not points:
        return poison(reference.span)
    return Read(
        column=column,
        points=points,
        span=reference.span,
        reads=union(points) | {column.dimension},
        poisoned=any(point.poisoned for point in points),
    )


def _point(thunk: Thunk, kind: str) -> Node[Any]:
    if isinstance(thunk.value, Name) and thunk.value.text == "none" and kind in OPTIONAL:
        return Constant(value=None, span=thunk.value.span)
    if kind in LIFTS and sorts.sort_of(thunk.value, thunk.scope) == "number":
        written = Argument(thunk.value, thunk.scope)
        return building.lifted(kind, LIFTS[kind], written, kind, kind)
    node: Node[Any] = thunk.scope.resolve.word(thunk.value, kind, thunk.scope)
    return node
