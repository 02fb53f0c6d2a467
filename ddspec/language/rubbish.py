"""Signs the language does not use → tokens without them, and what to write instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import attrs
from lark import Token

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.language.tokens import BAD, NEWLINE

# What is meant by a sign that comes from another language, or from a word processor.
_MEANT = {
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{NOT EQUAL TO}": "!=",
    "\N{HORIZONTAL ELLIPSIS}": "..",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{FULLWIDTH COMMA}": ",",
    "\N{FULLWIDTH COLON}": ":",
    "!": "not ",
}
_ADVICE = {
    ";": "statements stand on lines of their own, values in a list have `,` between them",
    "`": "a name is written as it is, without quotes",
    "$": "a name is written as it is: `width`",
    "@": "a name is written as it is: `width`",
    "\\": "a statement goes on over lines inside `( )`, `[ ]` or a set `{ }`",
}


@attrs.frozen
class Swept:
    """Tokens without the bad ones; `torn` are the lines with a string that never ends."""

    tokens: tuple[Token, ...]
    found: tuple[Diagnostic, ...]
    torn: frozenset[int]


def sweep(tokens: Sequence[Token], source: str) -> Swept:
    """The tokens without what cannot be used (DD003), which is reported once a line.

    What stands in single quotes, or has no closing quote, is taken as the text it is meant to be.
    """
    kept: list[Token] = []
    found: dict[int, Diagnostic] = {}
    torn = set()
    for token in tokens:
        if token.type == BAD:
            line = token.line or 0
            found.setdefault(line, _complaint(token, source))
            if token.startswith("'"):
                kept.append(Token.new_borrow_pos("STRING", f"{token}", token))
            if token.startswith('"'):
                kept.append(Token.new_borrow_pos("STRING", f'{token}"', token))
                torn.add(line)
        elif token.type != NEWLINE or (kept and kept[-1].type != NEWLINE):
            kept.append(token)
    return Swept(tuple(kept), tuple(found.values()), frozenset(torn))


def _complaint(token: Token, source: str) -> Diagnostic:
    span = Span(source, token.start_pos or 0, token.end_pos or 0)
    if token.startswith('"'):
        return _unclosed(span)
    if token.startswith("'"):
        return _single_quotes(token, span)
    signs = "this character is" if len(token) == 1 else "these characters are"
    return Diagnostic(
        "DD003",
        f"{signs} not part of the language",
        Label(span, _named(token)),
        help=tuple(dict.fromkeys(_ADVICE[sign] for sign in token if sign in _ADVICE)),
        fix=_fix(token, span),
    )


def _unclosed(span: Span) -> Diagnostic:
    end = Span(span.source, span.end, span.end)
    return Diagnostic(
        "DD003",
        "this text has no closing quote on its line",
        Label(Span(span.source, span.start, span.start + 1), "opened here"),
        help=('text stands between double quotes on one line: `"lib.dd"`',),
        fix=Fix(end, '"', "close it at the end of the line", safe=False),
    )


def _single_quotes(token: Token, span: Span) -> Diagnostic:
    bare = token.strip("'")
    return Diagnostic(
        "DD003",
        "text stands between double quotes",
        Label(span, "single quotes are not part of the language"),
        help=("only paths are text: a name or a choice is written as it is, like `relu`",),
        fix=Fix(span, f'"{bare}"', "write double quotes", safe=False),
    )


def _named(token: Token) -> str:
    """The character's Unicode name, since it may look like a permitted one or like nothing."""
    sign = token[0]
    return unicodedata.name(sign, f"U+{ord(sign):04X}").lower()


def _fix(token: Token, span: Span) -> Fix | None:
    if all(sign.isspace() for sign in token):
        return Fix(span, " ", "put an ordinary space")
    if all(unicodedata.category(sign) in {"Cf", "Cc"} for sign in token):
        return Fix(span, "", "remove it")
    if token.startswith("&"):
        return Fix(span, " and ", "write `and`", safe=False)
    if all(sign in _MEANT for sign in token):
        new = "".join(_MEANT[sign] for sign in token)
        return Fix(span, new, f"write `{new.strip()}`", safe=False)
    return None
