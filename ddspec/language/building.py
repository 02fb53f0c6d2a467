"""Lark's tree → the attrs tree, from the leaves up and without recursion."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import lark

from ddspec.errors import Span
from ddspec.language import tree

DEEPEST = 100  # levels a statement may nest: what later stages walk recursively stays shallow
Children = list[Any]


def build(
    root: lark.Tree[lark.Token], text: str, source: str
) -> tuple[tree.File, tuple[Span, ...]]:
    """The file of lark's tree for `text`, and the statements nested deeper than DEEPEST.

    Such a statement is a Hole in the file.
    """
    statements, too_deep = _grow(root, source)
    if isinstance(statements, tree.Hole):  # what nests too deeply is no statement of its own
        statements = (statements,)
    return tree.File(statements, span=Span(source, 0, len(text))), too_deep


def build_expression(
    root: lark.Tree[lark.Token], source: str
) -> tuple[tree.Expression | None, tuple[Span, ...]]:
    """The expression of lark's tree; None, and where it lies, when it nests too deeply."""
    expression, too_deep = _grow(root, source)
    return None if too_deep else expression, too_deep


def _grow(root: lark.Tree[lark.Token], source: str) -> tuple[Any, tuple[Span, ...]]:
    grown: dict[int, Any] = {}
    depth: dict[int, int] = {}
    too_deep = []
    for branch in root.iter_subtrees():
        below = [child for child in branch.children if isinstance(child, lark.Tree)]
        depth[id(branch)] = 1 + max((depth[id(child)] for child in below), default=0)
        span = _span(branch, source)
        if depth[id(branch)] > DEEPEST and (branch.data in _STATEMENTS or branch is root):
            too_deep.append(span)
            grown[id(branch)], depth[id(branch)] = tree.Hole(span=span), 1
        else:
            children = [_child(child, grown, source) for child in branch.children]
            grown[id(branch)] = _SHAPES[branch.data](children, span)
    return grown[id(root)], tuple(too_deep)


def _span(branch: lark.Tree[lark.Token], source: str) -> Span:
    if branch.meta.empty:
        return Span(source, 0, 0)
    return Span(source, branch.meta.start_pos, branch.meta.end_pos)


def _child(child: Any, grown: dict[int, Any], source: str) -> Any:
    if isinstance(child, lark.Tree):
        return grown[id(child)]
    return None if child is None else _leaf(child, source)


def _leaf(token: lark.Token, source: str) -> object:
    span = Span(source, token.start_pos or 0, token.end_pos or 0)
    match token.type:
        case "NAME":
            return tree.Identifier(str(token), span=span)
        case "NUMBER":
            return tree.Number(str(token), span=span)
        case "STRING":
            return tree.String(str(token)[1:-1], span=span)
    return str(token)


def _amends(children: Children, _: Span) -> tree.Name | tree.Attribute:
    """`a.b.c` of an `amends` as the expression it is."""
    first, *rest = children[0]
    base: tree.Name | tree.Attribute = tree.Name(first.text, span=first.span)
    for name in rest:
        base = tree.Attribute(base, name, span=base.span.to(name.span))
    return base


def _axis(children: Children, span: Span) -> tree.Axis:
    names, domain = children
    dotted = ".".join(name.text for name in names)
    return tree.Axis(
        tree.Identifier(dotted, span=names[0].span.to(names[-1].span)), domain, span=span
    )


def _block(of: Children, at: Span) -> tree.Block | tree.Hole:
    kind, name, parameters, amends, body = of
    if not kind.text:  # the header could not be read
        return tree.Hole(span=at)
    return tree.Block(kind, name, parameters or (), amends, body, span=at)


def _present(children: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(child for child in children if child is not None)


def _of(shape: Callable[..., Any]) -> Callable[[Children, Span], Any]:
    """The shape whose fields are the children, in this order."""
    return lambda of, at: shape(*of, span=at)


def _chain(operator: str) -> Callable[[Children, Span], tree.Chain]:
    return lambda of, at: tree.Chain(operator, tuple(of), span=at)


def _binary(of: Children, at: Span) -> tree.Binary:
    return tree.Binary(of[1], of[0], of[2], span=at)


def _range(*, log: bool) -> Callable[[Children, Span], tree.Range]:
    return lambda of, at: tree.Range(of[0], of[1], of[2], of[3], of[4], log, span=at)


_STATEMENTS: dict[str, Callable[[Children, Span], tree.Statement]] = {
    "edition": lambda of, at: tree.Edition(of[0], span=at),
    "use": lambda of, at: tree.Use(of[0], of[1], of[2] and of[2].split(":")[1], span=at),
    "let": _of(tree.Let),
    "define": lambda of, at: tree.Define(of[0], of[1], of[2] or (), of[3], span=at),
    "block": _block,
    "setting": _of(tree.Setting),
    "axis": _axis,
    "zip": lambda of, at: tree.Zip(of[0], span=at),
    "when": _of(tree.When),
    "where": lambda of, at: tree.Filter(True, of[0], span=at),
    "except": lambda of, at: tree.Filter(False, of[0], span=at),
    "error": lambda of, at: tree.Hole(names=tuple(of[0].split()), span=at),
}

_SHAPES: dict[str, Callable[[Children, Span], Any]] = {
    **_STATEMENTS,
    "start": lambda of, _: tuple(of),
    "body": lambda of, _: tuple(of),
    "path": lambda of, _: tuple(of),
    "parameters": lambda of, _: _present(of),
    "amends": _amends,
    "conditional": _of(tree.Conditional),
    "or": _chain("or"),
    "and": _chain("and"),
    "negation": lambda of, at: tree.Unary("not", of[0], span=at),
    "comparison": _binary,
    "alternatives": _chain("|"),
    "sum": _binary,
    "product": _binary,
    "range": _range(log=False),
    "log_range": _range(log=True),
    "negative": lambda of, at: tree.Unary("-", of[0], span=at),
    "power": lambda of, at: tree.Binary("^", of[0], of[1], span=at),
    "maybe": lambda of, at: tree.Maybe(of[0], span=at),
    "attribute": _of(tree.Attribute),
    "call": lambda of, at: tree.Call(of[0], of[1] or (), span=at),
    "with_": _of(tree.With),
    "arguments": lambda of, _: tuple(of),
    "keyword": _of(tree.Keyword),
    "percent": lambda of, at: tree.Percent(of[0].text, span=at),
    "string": lambda of, _: of[0],
    "name": lambda of, at: tree.Name(of[0].text, span=at),
    "list": lambda of, at: tree.Listing(_present(of), span=at),
    "quantity": _of(tree.Quantity),
    "number": lambda of, _: of[0],
    "set": lambda of, at: tree.Braces(_present(of), span=at),
    "group": lambda of, at: tree.Group(of[0], span=at),
}
