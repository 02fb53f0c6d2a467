"""Declarations no experiment uses: checked on their own, and said to be unused."""

from __future__ import annotations

from collections.abc import Iterator

from ddspec.errors import Label, Span
from ddspec.language.tree import Axis, walk
from ddspec.spec import domains, series, sorts
from ddspec.spec.scope import Declaration, Namespace, Scope

DEEP = ("DD007", "DD519")  # one of these is told, the others would tell the same


def axes_in(declaration: Declaration) -> Iterator[Axis]:
    """Every axis written in a declaration."""
    for part in walk(declaration.value):
        if isinstance(part, Axis):
            yield part


def check_declarations(names: Namespace, scope: Scope) -> None:
    """Read what nothing read yet, here and in the files used; report what stays unused here."""
    unused = [
        declaration
        for space in spaces(names)
        for declaration in space.declarations.values()
        if declaration.home is space
        and declaration.kind != "experiment"
        and id(declaration) not in scope.used
    ]
    for declaration in unused:
        if scope.problems.full or any(code in DEEP for code, _ in scope.problems.found):
            return  # more of the same
        _read_guarded(declaration, scope)
    if scope.problems.failed:
        return  # what is unused is seen once the rest is right
    kinds = {d.kind for d in names.declarations.values()}
    if "experiment" not in kinds:
        _no_experiment(names, scope)
        return
    for declaration in unused:
        if declaration.home is names and id(declaration) not in scope.used:
            _unused(declaration, scope)


def spaces(names: Namespace) -> list[Namespace]:
    """The names of a file and of all the files it uses."""
    found: list[Namespace] = []
    waiting = [names]
    while waiting:
        space = waiting.pop(0)
        if space not in found:
            found.append(space)
            waiting.extend(space.modules.values())
            waiting.extend(d.home for d in space.declarations.values())
    return found


def _read_guarded(declaration: Declaration, scope: Scope) -> None:
    name = declaration.name
    scope.problems.guarded(lambda: _read(declaration, scope), name.text, name.span)


def _read(declaration: Declaration, scope: Scope) -> None:
    """Read a declaration for its problems; its free names may be axes of experiments elsewhere."""
    inner = scope.enter(declaration, {p.text: None for p in declaration.parameters})
    value = declaration.value
    if isinstance(value, tuple):
        scope.resolve.block(declaration, inner)
    elif declaration.kind == "regularizer":
        scope.resolve.recipes(value, inner)
    elif declaration.kind in series.KINDS:
        series.read_alone(value, declaration.kind, inner)
    elif declaration.kind != "let":
        scope.resolve.word(value, declaration.kind, inner)
    else:
        sort = sorts.sort_of(value, inner)
        if sort == "number":
            domains.points(value, inner)
        elif sort == "composition":
            scope.resolve.recipes(value, inner)


def _unused(declaration: Declaration, scope: Scope) -> None:
    name = declaration.name
    what = "let" if declaration.kind == "let" else declaration.kind
    scope.problems.report(
        "DD107",
        f"{what} `{name.text}` is not used",
        Label(name.span, "no experiment reads it"),
        help=["use it or remove it"],
        severity="warning",
    )


def _no_experiment(names: Namespace, scope: Scope) -> None:
    if names.unread:
        return
    text = scope.problems.sources.get(names.source, "")
    scope.problems.report(
        "DD114",
        "this file has no experiment",
        Label(Span(names.source, 0, min(len(text), len(text.split("\n", 1)[0]))), "nothing to run"),
        help=[
            "a file of declarations can be used by others; to run it, add `experiment NAME { ... }`"
        ],
        severity="warning",
    )
