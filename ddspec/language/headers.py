"""Block headers whose `{` is missing or on the next line → headers that have it, and the faults."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lark import Token

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.language.layout import begins_statement
from ddspec.language.tokens import NEWLINE, insert_after

# The kinds of the tokens of a line that is a block's header but for its brace.
_HEADER = re.compile(
    r"(ZIP|WHEN( (?!LBRACE|COLON|EQUAL)\w+)+"
    r"|NAME( NAME( LPAR( NAME| COMMA)* RPAR)?)?( AMENDS NAME( DOT NAME)*)?)"
)


def add_missing_braces(
    tokens: Sequence[Token], source: str
) -> tuple[list[Token], tuple[Diagnostic, ...]]:
    """`tokens` with an empty `{` after each header that lacks it (DD004).

    A line is such a header when it cannot be a statement and the next one is indented further, or
    is the `{` itself.
    """
    out: list[Token] = []
    found = []
    start = 0
    for index, token in enumerate(tokens):
        if token.type != NEWLINE:
            out.append(token)
            continue
        line, start = tokens[start:index], index + 1
        if line and _HEADER.fullmatch(" ".join(each.type for each in line)):
            if tokens[start : start + 1] and tokens[start].type == "LBRACE":
                found.append(_too_late(line[-1], tokens[start], source))
                continue
            if _is_indented(line[0], tokens, start):
                found.append(_missing(line, source))
                out.append(insert_after(line[-1], "LBRACE"))
        out.append(token)
    return out, tuple(found)


def _is_indented(header: Token, tokens: Sequence[Token], start: int) -> bool:
    if start >= len(tokens) or not begins_statement(tokens, start):
        return False
    return (tokens[start].column or 1) > (header.column or 1)


def _missing(line: Sequence[Token], source: str) -> Diagnostic:
    end = line[-1].end_pos or 0
    here = Span(source, end, end)
    title = f"the block `{' '.join(line[:2])}` lacks its `{{`"
    return Diagnostic(
        "DD004",
        title,
        Label(here, "`{` belongs here"),
        fix=Fix(here, " {", "open the block"),
    )


def _too_late(last: Token, brace: Token, source: str) -> Diagnostic:
    span = Span(source, last.end_pos or 0, brace.end_pos or 0)
    return Diagnostic(
        "DD004",
        "the `{` of a block stands on the line of its header",
        Label(Span(source, brace.start_pos or 0, brace.end_pos or 0), "one line too late"),
        (Label(Span(source, last.start_pos or 0, last.end_pos or 0), "it belongs after this"),),
        fix=Fix(span, " {", "move it up"),
    )
