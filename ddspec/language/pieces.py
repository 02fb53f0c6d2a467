"""Text → all of it in pieces, each a token, a comment, white space or rubbish."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ddspec.language.tokens import NEWLINE, read_tokens

SPACE: Final = "BLANK"
COMMENT: Final = "COMMENT"
_COMMENT: Final = re.compile(r"(#[^\n]*)")  # a line break takes the comments after it along
_LINES: Final = re.compile(r"(\n)")


def pieces_of(text: str) -> Iterator[tuple[str, str]]:
    """(kind, piece) in order; together the pieces are `text`.

    Kinds are those of tokens, COMMENT, BLANK, and _NL for each line end that ends a line. What no
    token is made of is BAD.
    """
    place = 0
    for token in read_tokens(text):
        start, end = token.start_pos or 0, token.end_pos or 0
        yield from _between(text[place:start])
        if token.type == NEWLINE:
            yield from _between(text[start:end])
        else:
            yield token.type, text[start:end]
        place = end
    yield from _between(text[place:])


def _between(text: str) -> Iterator[tuple[str, str]]:
    """The pieces of what stands between tokens."""
    for part in filter(None, _COMMENT.split(text)):
        if part.startswith("#"):
            yield COMMENT, part
        else:
            for blank in filter(None, _LINES.split(part)):
                yield (NEWLINE if blank == "\n" else SPACE), blank
