"""Pieces → pieces that know what is written before each: nothing, a space or a line end."""

from __future__ import annotations

import attrs

from ddspec.language.formatting_pieces import Bracket, Piece, begins_element
from ddspec.language.layout import CLOSERS
from ddspec.language.tokens import END

LONGEST = 100  # columns of a line whose brackets span several
_INDENT = 2
_FARTHEST = 60  # the column up to which elements stand below the first one
_CLOSES_UP = {"COMMA", "COLON", "QMARK", "PERCENT", "DOT", "RANGE"}  # no space in front
_HOLDS_ON = {"DOT", "RANGE"}  # no space behind
_ENDS_VALUE = {"NAME", "NUMBER", "STRING", "RPAR", "RSQB", "RBRACE", "QMARK", "PERCENT"}
_OPERATORS = {
    *("PLUS", "MINUS", "TIMES_OVER", "CIRCUMFLEX", "VBAR", "COMPARE"),
    *("AND", "OR", "HAS", "IS", "THEN", "ELSE"),
}
_BEFORE_SET = _OPERATORS | {"NOT", "WHEN"}


@attrs.define
class Cursor:
    """Where the next piece goes: the column reached in the present line, and its indentation.

    `within`: the brackets inside which the line begins.
    """

    indent: int = 0
    column: int = 0
    within: Bracket | None = None

    def put(self, before: Piece, piece: Piece) -> None:
        """Step over a piece; what it opens learns its columns."""
        if piece.before == "\n":
            self.indent = self.column = _indentation(before, piece)
            self.within = piece.inside.outer if piece.inside and piece.closes else piece.inside
        else:
            self.column += len(piece.before) + piece.pad
        self.column += piece.width
        if piece.kind in CLOSERS and piece.bracket is not None:
            self._open(piece.bracket)

    def _open(self, bracket: Bracket) -> None:
        outer = bracket.outer
        least = 0 if outer is None else outer.content if outer.split or outer.body else outer.base
        bracket.base = self.indent if outer is self.within else least
        hangs = bracket.body or bracket.hanging or self.column > _FARTHEST
        bracket.content = bracket.base + _INDENT if hangs else self.column


def _indentation(before: Piece, piece: Piece) -> int:
    inside = piece.inside
    if inside is None:
        return 0
    if piece.closes:
        return inside.base
    goes_on = len(inside.elements) > 1 and not inside.body and not begins_element(before, inside)
    return inside.content + _INDENT * goes_on


def break_lines(pieces: list[Piece]) -> None:
    """Write what stands between pieces: line ends where they were and may be, else spaces."""
    sign = False  # whether the piece before is a sign, not an operator
    for index in range(1, len(pieces)):
        before, piece = pieces[index - 1], pieces[index]
        if before.kind in _BEFORE_SET and piece.bracket is not None:
            piece.bracket.body = False  # a body, after these, is only what was left unfinished
        piece.before = _between(before, piece, "" if sign else _space(before, piece))
        sign = piece.kind == "MINUS" and before.kind not in _ENDS_VALUE
    pieces[-1].before = "\n"


def wrap_lines(pieces: list[Piece]) -> None:
    """End lines that are too long, after commas of brackets that span lines already."""
    cursor, index, comma = Cursor(), 0, 0
    while index < len(pieces):
        before, piece = pieces[index - 1], pieces[index]
        if piece.before == "\n":
            comma = 0
        elif before.kind == "COMMA" and piece.inside and piece.inside.split and not piece.closes:
            comma = index
        cursor.put(before, piece)
        if comma and cursor.column > LONGEST:
            pieces[comma].before = "\n"
            index, comma = comma, 0
        else:
            index += 1


def _between(before: Piece, piece: Piece, space: str) -> str:
    inside = piece.inside
    first, last = inside is not None and before.bracket is inside, piece.closes
    if first and last:
        return "\n" if piece.gap.has_comments else ""
    if inside is None or inside.body:
        if inside is not None and (first or last):
            return "\n" if inside.tall else " "
        return "\n" if piece.gap.breaks else space
    return _in_list(before, piece, inside, space)


def _in_list(before: Piece, piece: Piece, inside: Bracket, space: str) -> str:
    comments = piece.gap.has_comments
    if before.bracket is inside:
        inside.hanging = inside.split = piece.gap.breaks
        return "\n" if piece.gap.breaks else ""
    if piece.closes:
        return "\n" if inside.hanging or comments else ""
    if comments or (piece.gap.breaks and space and _may_break(before, piece)):
        inside.split = True
        return "\n"
    return space


def _may_break(before: Piece, piece: Piece) -> bool:
    return before.kind == "COMMA" or before.kind in _OPERATORS or piece.kind in _OPERATORS


def _space(before: Piece, piece: Piece) -> str:
    """The white space between two pieces of one line, neither of them the end of brackets."""
    called = piece.kind == "LPAR" and before.kind in _ENDS_VALUE
    tight = called or before.kind in _HOLDS_ON or piece.kind in _CLOSES_UP or piece.kind == END
    return "" if tight else " "
