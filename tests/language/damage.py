"""Right spec files, and every way to spoil one by a single token."""

from collections.abc import Iterator
from pathlib import Path

import attrs
from lark import Token

from ddspec.language.source import Source
from ddspec.language.tokens import NEWLINE, read_tokens

TEXTS = tuple(
    path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parent / "files").glob("*.dd"))
)


@attrs.frozen
class Damaged:
    """A text with one token deleted, doubled, or swapped with the next on its line."""

    text: str
    line: int
    what: str


def damaged(text: str) -> Iterator[Damaged]:
    """Every such text; some of them are still right."""
    tokens = [token for token in read_tokens(text) if token.type != NEWLINE]
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        start, end = token.start_pos, token.end_pos
        yield Damaged(text[:start] + text[end:], token.line, f"{token} deleted")
        yield Damaged(f"{text[:end]} {token}{text[end:]}", token.line, f"{token} doubled")
        if after is not None and after.line == token.line and after != token:
            yield Damaged(_swapped(text, token, after), token.line, f"{token} swapped")


def _swapped(text: str, left: Token, right: Token) -> str:
    between = text[left.end_pos : right.start_pos]
    return f"{text[: left.start_pos]}{right}{between}{left}{text[right.end_pos :]}"


def line_of(text: str, offset: int) -> int:
    return Source("a", text).position(offset)[0]
