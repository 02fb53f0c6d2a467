"""The text of a spec in pieces of one class each: words of the language, numbers, comments."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from ddspec.language.pieces import pieces_of
from ddspec.language.tokens import scanner

CLASSES: Final = {"COMMENT": "comment", "STRING": "text", "NUMBER": "number"}


def pieces(text: str) -> list[tuple[str, str]]:
    """(class, piece) in order; together the pieces are the text, plain ones have no class."""
    words = scanner().words
    classes = [
        ("word" if piece in words else CLASSES.get(kind, ""), piece)
        for kind, piece in pieces_of(text)
    ]
    alike = groupby(classes, key=lambda each: each[0])
    return [(kind, "".join(piece for _, piece in group)) for kind, group in alike]
