"""Pieces → pieces with the spaces that bring values, `in` and `=` of neighbors below each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from ddspec.language.formatting_pieces import Bracket, Piece
from ddspec.language.tokens import END

_WIDEST = 40  # columns of a head that others are brought in line with
_IN_HEAD = {"NAME", "DOT", "COMMA", "LPAR", "RPAR", "LET"}


@attrs.frozen
class _Head:
    """The start of a statement or argument: what it is, its columns, and what to move."""

    shape: str
    width: int
    moved: Piece


def align_statements(pieces: Sequence[Piece]) -> None:
    """Settings, axes, `let`s and declarations of one kind, where no blank line is between them."""
    runs: dict[Bracket | None, list[_Head]] = {}
    for index, inside in _statements(pieces):
        head = _statement_head(pieces, index)
        run = runs.setdefault(inside, [])
        if run and (head is None or head.shape != run[0].shape or _stands_apart(pieces[index])):
            _align(run)
            run.clear()
        if head is not None:
            run.append(head)
    for run in runs.values():
        _align(run)


def align_arguments(pieces: Sequence[Piece]) -> None:
    """Named arguments of which each has a line of its own."""
    seen = (piece.bracket for piece in pieces if piece.closes)
    for bracket in (each for each in seen if each is not None and each.split):
        run: list[_Head] = []
        for head in _arguments(pieces, bracket.elements):
            if head is not None:
                run.append(head)
                continue
            _align(run)
            run.clear()
        _align(run)


def _statements(pieces: Sequence[Piece]) -> Iterator[tuple[int, Bracket | None]]:
    """Where statements begin, and in which body."""
    for index, piece in enumerate(pieces):
        inside = piece.inside
        if piece.closes or piece.kind == END or (inside is not None and not inside.body):
            continue
        opened = inside is not None and pieces[index - 1].bracket is inside
        if index == 0 or piece.before == "\n" or opened:
            yield index, inside


def _statement_head(pieces: Sequence[Piece], start: int) -> _Head | None:
    """What is aligned of the statement that begins at `start`, if anything is."""
    index, width = start, 0
    while pieces[index].kind in _IN_HEAD:
        width += pieces[index].width + (len(pieces[index].before) if index > start else 0)
        index += 1
        if pieces[index].before == "\n":
            return None
    if pieces[index].kind == "COLON":
        return _Head("setting", width, pieces[index + 1])
    if pieces[index].kind == "IN":
        return _Head("axis", width, pieces[index])
    if pieces[index].kind == "EQUAL":
        return _Head(f"{pieces[start].text} =", width, pieces[index])
    return None


def _arguments(pieces: Sequence[Piece], elements: Sequence[int]) -> Iterator[_Head | None]:
    """The heads of arguments; None for one without a name, or with another on its line."""
    for number, index in enumerate(elements):
        name, colon, value = pieces[index : index + 3]
        begins = number == 0 or name.before == "\n"
        ends = number + 1 == len(elements) or pieces[elements[number + 1]].before == "\n"
        named = name.kind == "NAME" and colon.kind == "COLON" and "\n" not in _gaps(colon, value)
        if number and _stands_apart(name):
            yield None
        yield _Head("argument", name.width, value) if begins and ends and named else None


def _gaps(*pieces: Piece) -> list[str]:
    return [piece.before for piece in pieces]


def _stands_apart(piece: Piece) -> bool:
    """Whether a blank line is somewhere above, between it and what was before."""
    return "" in piece.gap.lines


def _align(run: Sequence[_Head]) -> None:
    heads = [head for head in run if head.width <= _WIDEST]
    widest = max((head.width for head in heads), default=0)
    for head in heads:
        head.moved.pad = widest - head.width
