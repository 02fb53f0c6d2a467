"""The text of a spec in pieces of one class each: words of the language, numbers, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from ddspec.language.tokens import NEWLINE, scanner

CLASSES: Final = {"COMMENT": "comment", "STRING": "text", "NUMBER": "number"}
COMMENT: Final = re.compile(r"(#[^\n]*)")  # a line break takes the comments after it along


def pieces(text: str) -> list[tuple[str, str]]:
    """(class, piece) in order; together the pieces are the text, plain ones have no class."""
    alike = groupby(_pieces(text), key=lambda each: each[0])
    return [(kind, "".join(piece for _, piece in group)) for kind, group in alike]


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    match, words = scanner().pattern.match, scanner().words
    place = 0
    while place < len(text):
        token = match(text, place)
        end = token.end() if token and token.end() > place else place + 1
        piece, kind = text[place:end], (token and token.lastgroup) or ""
        if kind == NEWLINE:
            for part in filter(None, COMMENT.split(piece)):
                yield "comment" if part.startswith("#") else "", part
        else:
            yield "word" if piece in words else CLASSES.get(kind, ""), piece
        place = end
