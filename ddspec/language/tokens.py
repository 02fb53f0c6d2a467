"""Text → tokens: a longest-match scan that never stops at a character it does not know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from lark import Token

from ddspec.language.grammar import tables

BAD = "BAD"  # a stretch no terminal matches, or a string that is not closed on its line
NEWLINE = "_NL"
END = "$END"
IGNORED = {"BLANK", "COMMENT"}
BYTE_ORDER_MARK = "\ufeff"


class Scanner(NamedTuple):
    """One pattern for all terminals, and the reserved words, which `NAME` would match too."""

    pattern: re.Pattern[str]
    words: dict[str, str]


@cache
def scanner() -> Scanner:
    """The scanner of the grammar's terminals: highest priority first, then longest."""
    patterns, signs, words = [], [], {}
    for terminal in tables().terminals:
        if terminal.pattern.type == "re":
            rank = (-terminal.priority, -terminal.pattern.max_width, terminal.name)
            patterns.append((rank, terminal.name, terminal.pattern.to_regexp()))
        elif terminal.pattern.value.isidentifier():
            words[terminal.pattern.value] = terminal.name
        else:
            signs.append((-len(terminal.pattern.value), terminal.name, terminal.pattern.value))
    parts = [f"(?P<{name}>{pattern})" for _, name, pattern in sorted(patterns)]
    parts += [f"(?P<{name}>{re.escape(sign)})" for _, name, sign in sorted(signs)]
    return Scanner(re.compile("|".join(parts)), words)


def read_tokens(text: str) -> list[Token]:
    """The tokens of `text` without blanks and comments; what cannot be used is a BAD token.

    Tokens carry offsets and, from 1, line and column; a byte order mark at the start is skipped.
    """
    match, words = scanner().pattern.match, scanner().words
    tokens: list[Token] = []
    place = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    line, line_start = 1, place
    while place < len(text):
        found = match(text, place)
        end = found.end() if found else _end_of_bad(text, place)
        kind = found.lastgroup or BAD if found else BAD
        if kind not in IGNORED:
            value = text[place:end]
            tokens.append(
                token(
                    words.get(value, kind), value, place, line=line, column=place - line_start + 1
                )
            )
        if kind == NEWLINE:
            line += text.count("\n", place, end)
            line_start = end
        place = end
    return tokens


def token(kind: str, value: str, start: int, *, line: int, column: int) -> Token:
    """A token that starts at the offset `start` and is as long as `value`."""
    width = len(value)
    return Token(kind, value, start, line, column, line, column + width, start + width)


def insert_after(before: Token, kind: str) -> Token:
    """An empty token just after another, for what a repair inserts."""
    end, column = before.end_pos or 0, before.end_column or 1
    return token(kind, "", end, line=before.line or 1, column=column)


def end_of(tokens: Sequence[Token]) -> Token:
    """The token for the end of the file, placed just after the last one."""
    if not tokens:
        return token(END, "", 0, line=1, column=1)
    return token(END, "", tokens[-1].end_pos or 0, line=tokens[-1].line or 1, column=1)


def _end_of_bad(text: str, place: int) -> int:
    """Quoted text runs to its quote or the end of its line, other rubbish to the next token."""
    if text[place] in "\"'":
        line = text[place : text.find("\n", place) if "\n" in text[place:] else None].rstrip("\r")
        closing = line.find("'", 1) if text[place] == "'" else -1
        return place + (closing + 1 or len(line))
    end = place + 1
    while end < len(text) and text[end] not in "\"'" and not scanner().pattern.match(text, end):
        end += 1
    return end
