"""Source text → syntax tree and every syntax error, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import lark
from lark import Token

from ddspec.errors import Diagnostic, Label, Span
from ddspec.language import tree
from ddspec.language.brackets import pair_brackets
from ddspec.language.building import DEEPEST, build, build_expression
from ddspec.language.edition import check_edition
from ddspec.language.grammar import start
from ddspec.language.headers import add_missing_braces
from ddspec.language.layout import brackets_pair_up, joined_lines, too_deep_bracket
from ddspec.language.lookalikes import check_lookalikes
from ddspec.language.recovery import describe, recover
from ddspec.language.rubbish import sweep
from ddspec.language.tokens import BAD, END, end_of, read_tokens

MOST_OPEN = 500  # brackets at one place


@lru_cache(maxsize=8)  # an editor asks many questions about one text
def parse(text: str, source: str) -> tuple[tree.File, tuple[Diagnostic, ...]]:
    """The syntax tree of `text`, and what is wrong with its form; never raises.

    `source` is the name that spans carry. Where a statement cannot be read the tree has a Hole,
    so that later stages can still check the rest.
    """
    tokens = read_tokens(text)
    root = _parse_strictly(tokens)
    found: tuple[Diagnostic, ...] = ()
    if root is None:
        if (opener := too_deep_bracket(tokens, MOST_OPEN)) is not None:
            return _nothing_read(text, source, opener)
        root, found = _parse_with_repairs(tokens, source)
    file, too_deep = build(root, text, source)
    found += tuple(_too_deep(span) for span in too_deep)
    return file, found + check_edition(file) + check_lookalikes(file)


def _nothing_read(
    text: str, source: str, opener: Token
) -> tuple[tree.File, tuple[Diagnostic, ...]]:
    """A file with a hole for all of it: what nests so deeply was made by no person."""
    whole = Span(source, 0, len(text))
    hole = tree.Hole(span=Span(source, len(text), len(text)))
    here = Span(source, opener.start_pos or 0, opener.end_pos or 0)
    return tree.File((hole,), span=whole), (
        Diagnostic(
            "DD007",
            f"more than {MOST_OPEN} brackets are open here",
            Label(here, "one too many"),
            help=("close them, or name parts with `let` or a declaration",),
        ),
    )


def parse_expression(
    text: str, source: str
) -> tuple[tree.Expression | None, tuple[Diagnostic, ...]]:
    """The expression `text` alone, or None and what is wrong with it; never raises."""
    swept = sweep(read_tokens(text), source)
    if swept.found:
        return None, swept.found
    tokens = joined_lines(swept.tokens, in_list=True)
    state = start("expr")
    fed = 0
    before = list(state.state_stack)
    try:
        for token in [*tokens, end_of(tokens)]:
            before = list(state.state_stack)
            root = state.feed_token(token, is_end=token.type == END)
            fed += 1
    except lark.UnexpectedToken:
        return None, (describe(state, before, tokens, fed, source),)
    expression, too_deep = build_expression(root, source)
    return expression, tuple(_too_deep(span) for span in too_deep)


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
