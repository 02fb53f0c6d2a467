"""Pieces that know what stands between them → lines of text, with their comments in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import attrs

from ddspec.language.formatting_breaks import LONGEST, Cursor
from ddspec.language.formatting_pieces import Bracket, Gap, Piece, width_of
from ddspec.language.layout import CLOSERS
from ddspec.language.tokens import END

_APART = 2  # columns between code and its comment


@attrs.frozen
class Row:
    """A line: code and the comment at its end; `body` are the statements that it belongs to."""

    code: str
    note: str = ""
    body: Bracket | None = None

    @property
    def group(self) -> tuple[bool, Bracket | None]:
        """The same for rows whose comments stand below each other."""
        return bool(self.note), self.body

    @property
    def width(self) -> int:
        """The columns of its code."""
        return width_of(self.code)


def write_lines(pieces: Sequence[Piece]) -> str:
    """The text of the pieces, each line with its line end."""
    lines = (
        line for _, rows in groupby(_rows(pieces), lambda row: row.group) for line in _lines(rows)
    )
    return "".join(f"{line}\n" for line in lines)


def _rows(pieces: Sequence[Piece]) -> Iterator[Row]:
    cursor, parts = Cursor(), [""]
    body: Bracket | None = None
    yield from map(Row, _between(None, pieces[0]))
    for index, piece in enumerate(pieces):
        before = pieces[index - 1]
        if index and piece.before == "\n":
            yield from _ended("".join(parts), piece.gap, body)
            yield from map(Row, _between(before, piece))
            parts = []
            body = _body(piece)
        cursor.put(before, piece)
        space = " " * cursor.indent if not parts else piece.before + " " * piece.pad
        parts += (space, piece.text)


def _body(piece: Piece) -> Bracket | None:
    """The statements that the line which begins with this piece belongs to."""
    inside = piece.inside.outer if piece.inside and piece.closes else piece.inside
    while inside is not None and not inside.body:
        inside = inside.outer
    return inside


def _ended(code: str, gap: Gap, body: Bracket | None) -> Iterator[Row]:
    """A line that ends, and the comments that go on below the one at its end."""
    notes = gap.notes or ("",)
    yield Row(code, notes[0], body)
    for note in notes[1:]:
        yield Row("", note, body)


def _between(before: Piece | None, piece: Piece) -> Iterator[str]:
    """The comments on lines of their own before a piece, with at most one blank line each."""
    indent = " " * (piece.inside.content if piece.inside is not None else 0)
    blank, at_start = False, before is None or before.kind in CLOSERS
    for line in piece.gap.lines:
        if line:
            yield from [""] * (blank and not at_start)
            yield indent + line
            at_start = False
        blank = not line
    if blank and not at_start and not piece.closes and piece.kind != END:
        yield ""


def _lines(rows: Iterator[Row]) -> Iterator[str]:
    """Lines whose comments, if they have any, stand below each other where there is room."""
    together = list(rows)
    if not together[0].note:
        yield from (row.code for row in together)
        return
    column = max(row.width for row in together) + _APART
    aligned = column <= LONGEST and all(_has_room(row, column) for row in together)
    own = _APART
    for row in together:
        own = row.width + _APART if row.code else own
        yield row.code + " " * ((column if aligned else own) - row.width) + row.note


def _has_room(row: Row, column: int) -> bool:
    """Whether the comment may stand at `column`: it would not be too long only there."""
    alone = row.width + _APART + width_of(row.note)
    return column + width_of(row.note) <= LONGEST or alone > LONGEST
