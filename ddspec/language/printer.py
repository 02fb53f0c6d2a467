"""Syntax tree → canonical source text, from which parsing gives the same tree.

A file's digest is taken of this text, so a change of what is printed here invalidates the digests
that users have written behind `use`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from ddspec.language import tree

_INDENT = "  "
# How tightly each shape binds, as in the grammar; an operand that binds looser gets brackets.
_CONDITIONAL, _OR, _AND, _NOT, _COMPARISON, _ALTERNATIVES, _SUM, _PRODUCT = range(8)
_RANGE, _SIGN, _POWER, _POSTFIX, _ATOM = range(8, 13)
_CHAINS = {"or": _OR, "and": _AND, "|": _ALTERNATIVES}
_BINARIES = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}
_BINDINGS: dict[type, int] = {
    tree.Conditional: _CONDITIONAL,
    tree.Range: _RANGE,
    **dict.fromkeys((tree.Maybe, tree.Attribute, tree.Call, tree.With), _POSTFIX),
}
_ONE_LINE = (tree.Setting, tree.Axis, tree.Let, tree.Define, tree.Filter, tree.Edition, tree.Use)


def print_file(file: tree.File) -> str:
    """The canonical text of a file: two spaces a level, aligned values, no comments.

    Raises ValueError for a file with holes, which have no text.
    """
    return "".join(f"{line}\n" for line in _statements(file.statements, 0, apart=True))


def print_expression(expression: tree.Expression | tree.Keyword) -> str:
    """The canonical text of an expression, with brackets only where a Group is or must be."""
    return _expression(expression, 0)


# --- statements ------------------------------------------------------------------------------


def _statements(statements: Sequence[tree.Statement], depth: int, *, apart: bool) -> list[str]:
    """The lines of statements: blocks stand apart, and at the top other kinds from each other."""
    lines: list[str] = []
    before: tree.Statement | None = None
    for shape, run in groupby(statements, type):
        together = list(run)
        widest = max(len(_head(statement)) for statement in together)
        for statement in together:
            text = _statement(statement, depth, widest)
            tall = "\n" in text or (before is not None and "\n" in lines[-1])
            if before is not None and (tall or (apart and shape is not type(before))):
                lines.append("")
            lines.append(_INDENT * depth + text)
            before = statement
    return lines


def _head(statement: tree.Statement) -> str:
    """What is padded, so that the values of neighbors stand below each other."""
    match statement:
        case tree.Setting(name):
            return f"{name.text}:"
        case tree.Axis(name):
            return name.text
    return ""


def _statement(statement: tree.Statement, depth: int, widest: int) -> str:
    """The text of a statement, its first line without indentation, its head padded to `widest`."""
    if isinstance(statement, tree.Setting):
        return f"{_head(statement).ljust(widest)} {_expression(statement.value, depth)}"
    if isinstance(statement, tree.Axis):
        return f"{_head(statement).ljust(widest)} in {_expression(statement.domain, depth)}"
    return _STATEMENTS[type(statement)](statement, depth)


def _define(of: tree.Define, depth: int) -> str:
    head = f"{of.kind.text} {of.name.text}{_parameters(of.parameters)}"
    return f"{head} = {_expression(of.value, depth)}"


def _filter(of: tree.Filter, depth: int) -> str:
    return f"{'where' if of.keep else 'except'} {_expression(of.condition, depth)}"


def _hole(_: tree.Hole, _depth: int) -> str:
    raise ValueError("a statement that could not be read cannot be printed")


def _use(statement: tree.Use, _: int) -> str:
    alias = f" as {statement.alias.text}" if statement.alias is not None else ""
    digest = f" sha256:{statement.digest}" if statement.digest is not None else ""
    return f'use "{statement.path.value}"{alias}{digest}'


def _block(block: tree.Block, depth: int) -> str:
    words = [block.kind.text]
    if block.name is not None:
        words.append(block.name.text + _parameters(block.parameters))
    if block.amends is not None:
        words.append(f"amends {_expression(block.amends, depth)}")
    return f"{' '.join(words)} {_body(block.body, depth)}"


def _parameters(parameters: Sequence[tree.Identifier]) -> str:
    return f"({', '.join(name.text for name in parameters)})" if parameters else ""


def _body(body: Sequence[tree.Statement], depth: int) -> str:
    if not body:
        return "{}"
    lines = _statements(body, depth + 1, apart=False)
    return "\n".join(["{", *lines, f"{_INDENT * depth}}}"])


_STATEMENTS: dict[type, Callable[[Any, int], str]] = {
    tree.Edition: lambda of, _: f"dd {of.number.text}",
    tree.Use: _use,
    tree.Let: lambda of, depth: f"let {of.name.text} = {_expression(of.value, depth)}",
    tree.Define: _define,
    tree.Block: _block,
    tree.Zip: lambda of, depth: f"zip {_body(of.body, depth)}",
    tree.When: lambda of, depth: f"when {_expression(of.condition, depth)} {_body(of.body, depth)}",
    tree.Filter: _filter,
    tree.Hole: _hole,
}

# --- expressions -----------------------------------------------------------------------------


def _expression(expression: tree.Expression | tree.Keyword, depth: int) -> str:
    return _TEXTS[type(expression)](expression, depth)


def _within(expression: tree.Expression, loosest: int, depth: int) -> str:
    """An operand, in brackets if it binds looser than its place allows."""
    text = _expression(expression, depth)
    return text if _binding(expression) >= loosest else f"({text})"


def _binding(expression: tree.Expression) -> int:
    if isinstance(expression, tree.Chain):
        return _CHAINS[expression.operator]
    if isinstance(expression, tree.Binary):
        return _BINARIES.get(expression.operator, _COMPARISON)
    if isinstance(expression, tree.Unary):
        return _NOT if expression.operator == "not" else _SIGN
    return _BINDINGS.get(type(expression), _ATOM)


def _binary(of: tree.Binary, depth: int) -> str:
    """Sums and products lean to the left, powers to the right, comparisons stand alone."""
    binding = _binding(of)
    left, right = {
        _SUM: (_SUM, _PRODUCT),
        _PRODUCT: (_PRODUCT, _RANGE),
        _POWER: (_POSTFIX, _SIGN),
        _COMPARISON: (_ALTERNATIVES, _ALTERNATIVES),
    }[binding]
    operator = of.operator if binding == _POWER else f" {of.operator} "
    return f"{_within(of.left, left, depth)}{operator}{_within(of.right, right, depth)}"


def _unary(of: tree.Unary, depth: int) -> str:
    operator = "not " if of.operator == "not" else of.operator
    return operator + _within(of.operand, _binding(of), depth)


def _chain(of: tree.Chain, depth: int) -> str:
    tighter = _CHAINS[of.operator] + 1
    return f" {of.operator} ".join(_within(each, tighter, depth) for each in of.operands)


def _range(of: tree.Range, depth: int) -> str:
    ends = f"{_within(of.low, _SIGN, depth)}{of.operator}{_within(of.high, _SIGN, depth)}"
    by = f" by {_within(of.by, _SIGN, depth)}" if of.by is not None else ""
    points = f" points {_within(of.points, _SIGN, depth)}" if of.points is not None else ""
    return f"{'log ' * of.log}{ends}{by}{points}"


def _conditional(of: tree.Conditional, depth: int) -> str:
    parts = (of.condition, of.then, of.otherwise)
    condition, then, otherwise = (_expression(part, depth) for part in parts)
    return f"if {condition} then {then} else {otherwise}"


def _quantity(of: tree.Quantity, depth: int) -> str:
    value = _expression(of.value, depth)
    bare = isinstance(of.value, tree.Number | tree.Braces | tree.Group)
    return f"{value if bare else f'({value})'} {of.unit.text}"


def _with(of: tree.With, depth: int) -> str:
    base = _within(of.base, _POSTFIX, depth)
    if len(of.body) == 1 and isinstance(of.body[0], _ONE_LINE):
        return f"{base} with {{ {_statement(of.body[0], depth, 0)} }}"
    return f"{base} with {_body(of.body, depth)}"


def _list(items: Sequence[tree.Expression | tree.Keyword], depth: int) -> str:
    return ", ".join(_expression(item, depth) for item in items)


_TEXTS: dict[type, Callable[[Any, int], str]] = {
    tree.Number: lambda of, _: of.text,
    tree.Percent: lambda of, _: f"{of.text}%",
    tree.String: lambda of, _: f'"{of.value}"',
    tree.Name: lambda of, _: of.text,
    tree.Quantity: _quantity,
    tree.Listing: lambda of, depth: f"[{_list(of.items, depth)}]",
    tree.Braces: lambda of, depth: f"{{{_list(of.items, depth)}}}",
    tree.Group: lambda of, depth: f"({_expression(of.inner, depth)})",
    tree.Keyword: lambda of, depth: f"{of.name.text}: {_expression(of.value, depth)}",
    tree.Call: lambda of, depth: (
        f"{_within(of.callee, _POSTFIX, depth)}({_list(of.arguments, depth)})"
    ),
    tree.Attribute: lambda of, depth: f"{_within(of.base, _POSTFIX, depth)}.{of.name.text}",
    tree.Maybe: lambda of, depth: f"{_within(of.inner, _POSTFIX, depth)}?",
    tree.With: _with,
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Chain: _chain,
    tree.Range: _range,
    tree.Conditional: _conditional,
}
