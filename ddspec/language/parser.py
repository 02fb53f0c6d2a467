"""Source text → syntax tree and every syntax error, in one pass."""

from __future__ import annotations

import lark

from ddspec.errors import Diagnostic, Label, Span
from ddspec.language import tree
from ddspec.language.building import build
from ddspec.language.grammar import tables
from ddspec.language.layout import joined_lines
from ddspec.language.tokens import end_of, read_tokens


def parse(text: str, source: str) -> tuple[tree.File, tuple[Diagnostic, ...]]:
    """The syntax tree of `text`, and what is wrong with its form; never raises.

    `source` is the name that spans carry. Where a statement cannot be read the tree has a Hole,
    so that later stages can still check the rest.
    """
    tokens = joined_lines(read_tokens(text))
    state = tables().parse_interactive("", start="start").parser_state
    try:
        for token in tokens:
            state.feed_token(token)
        root = state.feed_token(end_of(tokens), is_end=True)
    except lark.UnexpectedToken as error:
        at = Span(source, error.token.start_pos, error.token.end_pos)
        file = tree.File((tree.Hole(span=at),), span=Span(source, 0, len(text)))
        return file, (Diagnostic("DD001", f"unexpected `{error.token}`", Label(at)),)
    return build(root, text, source).file, ()
