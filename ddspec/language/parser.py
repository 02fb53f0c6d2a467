"""Source text → syntax tree and every syntax error, in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import lark
from lark import Token

from ddspec.errors import Diagnostic, Label, Span
from ddspec.language import tree
from ddspec.language.brackets import pair_brackets
from ddspec.language.building import DEEPEST, build
from ddspec.language.edition import check_edition
from ddspec.language.grammar import start
from ddspec.language.headers import add_missing_braces
from ddspec.language.layout import brackets_pair_up, joined_lines
from ddspec.language.recovery import recover
from ddspec.language.rubbish import sweep
from ddspec.language.tokens import BAD, end_of, read_tokens


def parse(text: str, source: str) -> tuple[tree.File, tuple[Diagnostic, ...]]:
    """The syntax tree of `text`, and what is wrong with its form; never raises.

    `source` is the name that spans carry. Where a statement cannot be read the tree has a Hole,
    so that later stages can still check the rest.
    """
    tokens = read_tokens(text)
    root = _parse_strictly(tokens)
    found: tuple[Diagnostic, ...] = ()
    if root is None:
        root, found = _parse_with_repairs(tokens, source)
    file, too_deep = build(root, text, source)
    found += tuple(_too_deep(span) for span in too_deep) + check_edition(file)
    return file, found


def _parse_strictly(tokens: Sequence[Token]) -> lark.Tree[Token] | None:
    """The tree of a right file; nothing is ever repaired in one."""
    if any(token.type == BAD for token in tokens):
        return None
    state = start()
    try:
        for token in joined_lines(tokens):
            state.feed_token(token)
        root: lark.Tree[Token] = state.feed_token(end_of(tokens), is_end=True)
    except lark.UnexpectedToken:
        return None
    return root


def _parse_with_repairs(
    tokens: Sequence[Token], source: str
) -> tuple[lark.Tree[Token], tuple[Diagnostic, ...]]:
    swept = sweep(tokens, source)
    headed, headless = add_missing_braces(swept.tokens, source)
    found = swept.found + headless
    if brackets_pair_up(headed):
        return recover(joined_lines(headed), source, found)
    paired, unpaired = pair_brackets(headed, source, swept.torn)
    return recover(paired, source, found + unpaired)


def _too_deep(span: Span) -> Diagnostic:
    return Diagnostic(
        "DD007",
        f"this statement is nested more than {DEEPEST} levels deep",
        Label(Span(span.source, span.start, span.start + 1), "begins here"),
        help=("name parts of it with `let` or a declaration",),
    )
