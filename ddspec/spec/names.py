"""Messages about names: unknown ones, ones of another kind, ones that need themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ddspec.errors import Fix, Label, Span
from ddspec.language.tree import Attribute, Expression, Name, walk
from ddspec.spec.nodes import Poison, poison
from ddspec.spec.problems import article, label, listed
from ddspec.spec.scope import Column, Declaration, Draft, Scope
from ddspec.spec.spelling import advice_on, replacement, similar
from ddspec.vocabulary import registry

MAX_LISTED = 12
LONGEST_CHAIN = 50  # declarations that need one another


def spelled(reference: Name | Attribute) -> str:
    """A reference as written, `net` or `lib.net`."""
    if isinstance(reference, Name):
        return reference.text
    base = spelled(reference.base) if isinstance(reference.base, Name | Attribute) else "..."
    return f"{base}.{reference.name.text}"


def unknown(
    reference: Name | Attribute,
    kind: str,
    scope: Scope,
    known: Iterable[str],
    extra: Iterable[str] = (),
) -> Poison:
    """Report a name that nothing declares; `known` are the names that would do here."""
    name = spelled(reference)
    if scope.draft is not None:
        scope.draft.blind = True
    if scope.open_ended(name):
        return poison(reference.span)
    others = kinds_elsewhere(name, kind, scope)
    if others:
        return mismatch(reference.span, name, others, kind, scope)
    names = sorted(set(known))
    near = similar(name, [*names, *_named_here(scope)])
    advice = [] if near is None else advice_on(name, near, _what(near, kind, scope))
    if 0 < len(names) <= MAX_LISTED:
        advice.append(f"known here: {listed(names)}{_command(kind)}")
    if near is None:
        advice += [*_declare(reference, kind), *extra]
    scope.problems.report(
        "DD101",
        f"unknown {kind} `{name}`",
        Label(
            reference.span, "nothing has this name" if kind == "name" else f"no {kind} of this name"
        ),
        help=advice,
        fix=replacement(reference.span, name, near),
    )
    return poison(reference.span)


def _declare(reference: Name | Attribute, kind: str) -> list[str]:
    """How to declare the name, for kinds of which files declare some."""
    if not isinstance(reference, Name):
        return []
    if kind in ("dataset", "architecture", "regularizer"):
        return [f"to declare it, write `{kind} {reference.text} = ...` before the experiment"]
    if kind == "train":
        return [f"to declare it, write `train {reference.text} {{ ... }}` before the experiment"]
    return []


def _named_here(scope: Scope) -> list[str]:
    """Axes and lets: what could be meant by a name anywhere."""
    lets = [n for n, d in scope.names.declarations.items() if d.kind == "let"]
    draft = scope.draft
    return lets if draft is None else [*lets, *draft.lets, *draft.columns, "parameters"]


def _what(name: str, kind: str, scope: Scope) -> str:
    """What a near miss is; it counts as read, for it was probably meant."""
    found = scope.find(name)
    if isinstance(found, Column):
        if scope.draft is not None:
            scope.draft.read.add(found.spelling)
        return "axis"
    return found.kind if isinstance(found, Declaration) else kind


def _command(kind: str) -> str:
    return f"; `ddspec words {kind}` says what each is" if kind in registry.FOLDERS else ""


def kinds_elsewhere(name: str, kind: str, scope: Scope) -> str:
    """What a name is when it is not of the kind wanted: `a dataset`; empty when it is nothing."""
    kinds = [other for other in registry.kinds_of(name) if other != kind]
    if kinds:
        return " and ".join(article(noun(other)) for other in kinds)
    return "a file used here" if name in scope.names.modules else ""


def noun(kind: str) -> str:
    """What a kind is called in a sentence."""
    return "training procedure" if kind == "train" else kind


def mismatch(span: Span, name: str, actual: str, wanted: str, scope: Scope) -> Poison:
    """Report a name of one kind where another is needed."""
    if _is_lost(name, scope):
        return poison(span)
    known = registry.names(wanted) if wanted in registry.FOLDERS else ()
    declared = [n for n, d in scope.names.declarations.items() if d.kind == wanted]
    advice = [f"{article(noun(wanted))} is one of {listed([*declared, *known])}"] if known else []
    if scope.draft is not None:
        scope.draft.blind = True
    if wanted == "train" and "optimizer" in actual:
        advice = [
            f"write `optimizer: {name}(...)` in a block `train NAME {{ ... }}`, and name that"
        ]
    scope.problems.report(
        "DD116",
        f"`{name}` is {actual} where {article(noun(wanted))} is needed",
        Label(span, f"needs {article(noun(wanted))}"),
        help=advice,
    )
    return poison(span)


def _is_lost(name: str, scope: Scope) -> bool:
    """Whether a name is that of an axis whose domain needs a line that could not be read."""
    column = None if scope.draft is None else scope.draft.columns.get(name)
    if column is None:
        return False
    parts = (part for part in walk(column.domain.value) if isinstance(part, Name))
    there = column.domain.scope
    return any(there.look_up(part) is None and there.open_ended(part.text) for part in parts)


def what(found: Declaration | Column) -> str:
    """What a name stands for, in words: `a dataset`, `an axis of numbers`."""
    if isinstance(found, Column):
        sorts = {"number": "numbers", "symbol": "names", "composition": "regularizers"}
        return f"an axis of {sorts[found.sort]}"
    return article(noun(found.kind))


def entered(declaration: Declaration, scope: Scope, parameters: Any = None) -> Scope | None:
    """The scope of a declaration's value, or None, reported, when it is being read already."""
    if declaration not in scope.trail:
        if len(scope.trail) >= LONGEST_CHAIN:
            _too_long(declaration, scope)
            return None
        return scope.enter(declaration, parameters)
    ring = scope.trail[scope.trail.index(declaration) :]
    first = min(ring, key=lambda d: (d.span.source, d.span.start))
    start = ring.index(first)
    names = [d.name.text for d in (*ring[start:], *ring[:start])]
    advice = ["leave one of the names out of the other's value"]
    title = f"`{names[0]}` is declared by itself"
    if first.kind == "experiment":
        title, advice = f"`{names[0]}` amends itself", ["leave one `amends` out"]
    scope.problems.report(
        "DD115",
        title,
        Label(first.name.span, "needs itself"),
        also=[label(d.name.span, "through this one") for d in ring if d is not first],
        notes=[" -> ".join([*names, names[0]])] if len(ring) > 1 else [],
        help=advice,
    )
    return None


def _too_long(declaration: Declaration, scope: Scope) -> None:
    scope.problems.report(
        "DD007",
        f"`{declaration.name.text}` is reached through more than {LONGEST_CHAIN} declarations",
        Label(declaration.name.span, "too far down"),
        help=["declare it in fewer steps"],
    )


def touch(expression: Expression | tuple[Any, ...], scope: Scope) -> None:
    """Mark every name in an expression as read, without asking what it means."""
    for part in walk(expression):
        if isinstance(part, Name | Attribute):
            found = scope.look_up(part)
            if isinstance(found, Column) and scope.draft is not None:
                scope.draft.read.add(found.spelling)
            elif isinstance(found, Declaration) and found not in scope.trail:
                value, inner = found.value, scope.enter(found)
                scope.once("touch", found, lambda: touch(value, inner))  # noqa: B023 -- called now


def rename(span: Span, old: str, new: str | None) -> Fix | None:
    """The fix that gives an argument its near miss's name."""
    return None if new is None else Fix(span, new, f"rename `{old}` to `{new}`")


def no_axis(item: Expression, argument: str, draft: Draft, scope: Scope) -> None:
    """Report a name that is no axis of the experiment."""
    text = scope.problems.quote(item.span)
    if scope.open_ended(text):
        return
    axes = list(draft.columns)
    near = similar(text, axes)
    advice = [] if near is None else [f"an axis with a similar name exists: `{near}`"]
    scope.problems.report(
        "DD601",
        f"`{argument}: {text}`: this experiment has no axis `{text}`",
        Label(item.span, "no axis of this name"),
        help=[*advice, f"its axes are {listed(axes)}" if axes else "it has no axes"],
        fix=replacement(item.span, text, near),
    )
