"""Text → its tokens with what stands between them: line ends, comments, the brackets around."""

from __future__ import annotations

from typing import NamedTuple

import attrs

from ddspec.language.display import width
from ddspec.language.layout import CLOSERS, is_body
from ddspec.language.tokens import BYTE_ORDER_MARK, END, IGNORED, NEWLINE, scanner

_NEAR = 1  # columns by which comments below each other may be off


class Gap(NamedTuple):
    """What stands before a token.

    `breaks`: a line end; `notes`: the comment at the end of the line before, and those that go on
    below it; `lines`: the lines between, comments and, as empty texts, blank ones.
    """

    breaks: bool = False
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def has_comments(self) -> bool:
        """Whether a comment stands here, so that a line has to end."""
        return bool(self.notes) or any(self.lines)


_NOTHING, _LINE_END, _BLANK_LINE = Gap(), Gap(breaks=True), Gap(breaks=True, lines=("",))
_PLAIN = {"\n": _LINE_END, "\n\n": _BLANK_LINE}


@attrs.define(eq=False)
class Bracket:
    """A pair of brackets: of statements (`body`), or of a list, a set or a group.

    `elements` are the indices of the pieces that elements of a list begin with; `tall`: a line
    ends between the two; `hanging`: the first element begins a line; `split`: lines end between
    elements; `base` and `content`: the columns of the closing bracket and of what stands inside.
    """

    body: bool
    outer: Bracket | None
    elements: list[int] = attrs.Factory(list)
    tall: bool = False
    hanging: bool = False
    split: bool = False
    base: int = 0
    content: int = 0


@attrs.define(eq=False)
class Piece:
    """A token. `before` is what is written in front of it: nothing, a space or a line end.

    `inside`: the brackets around the gap before it; `bracket`: the pair that it opens or closes;
    `pad`: further spaces in front, which bring it below its neighbors.
    """

    kind: str
    text: str
    gap: Gap
    width: int
    inside: Bracket | None = None
    bracket: Bracket | None = None
    before: str = ""
    pad: int = 0

    @property
    def closes(self) -> bool:
        """Whether it is a closing bracket."""
        return self.bracket is not None and self.bracket is self.inside


def read_pieces(text: str) -> list[Piece] | None:
    r"""The pieces of `text`, an empty one of the kind `$END` last; None where a sign fits nothing.

    Line ends are `\n`, and the text ends with one.
    """
    pattern, words = scanner()
    place = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    pieces: list[Piece] = []
    gap = _NOTHING
    for found in pattern.finditer(text, place):
        if found.start() != place:
            return None
        place = found.end()
        kind, value = found.lastgroup or "", found[0]
        if kind == NEWLINE:
            gap = _PLAIN.get(value) or _gap(text, found.start(), value, pieces)
        elif kind not in IGNORED:
            pieces.append(Piece(words.get(value, kind), value, gap, width_of(value)))
            gap = _NOTHING
    pieces.append(Piece(END, "", gap, 0))
    return pieces if place == len(text) else None


def width_of(text: str) -> int:
    """How many columns `text` takes."""
    return len(text) if text.isascii() and "\t" not in text else width(text)


def _gap(text: str, start: int, value: str, pieces: list[Piece]) -> Gap:
    segments = value.split("\n")[:-1]
    lines = [segment.strip() for segment in segments]
    if not pieces:
        return Gap(breaks=True, lines=tuple(lines))
    if not lines[0]:
        return Gap(breaks=True, lines=tuple(lines[1:]))
    ended = 1
    if pieces[-1].kind not in CLOSERS:
        line_start = text.rfind("\n", 0, start) + 1
        column = _column(text[line_start:start] + segments[0], segments[0])
        while ended < len(lines) and lines[ended] and _is_near(segments[ended], column):
            ended += 1
    return Gap(breaks=True, notes=tuple(lines[:ended]), lines=tuple(lines[ended:]))


def _is_near(segment: str, column: int) -> bool:
    return abs(_column(segment, segment) - column) <= _NEAR


def _column(line: str, segment: str) -> int:
    """The column at which the comment of `segment`, the end of `line`, begins."""
    return width_of(line[: len(line) - len(segment) + segment.index("#")])


def pair(pieces: list[Piece], most: int) -> list[str] | None:
    """Tell each piece its brackets; gives the kinds of tokens as the grammar takes them.

    None where brackets do not pair up, or more than `most` are open at one place.
    """
    kinds: list[str] = []
    open_now: list[tuple[str, Bracket, int]] = []
    breaks = 0
    for index, piece in enumerate(pieces):
        closer, inside, breaks_before = open_now[-1] if open_now else ("", None, 0)
        piece.inside = inside
        breaks += piece.gap.breaks
        if piece.gap.breaks and (inside is None or inside.body):
            kinds.append(NEWLINE)
        if piece.kind == closer and inside is not None:
            piece.bracket, inside.tall = inside, breaks > breaks_before
            open_now.pop()
        elif inside is not None and begins_element(pieces[index - 1], inside):
            inside.elements.append(index)
        if piece.kind in CLOSERS:
            body = is_body(piece.kind, kinds[-1] if kinds else None)
            piece.bracket = Bracket(body, inside)
            open_now.append((CLOSERS[piece.kind], piece.bracket, breaks))
            if len(open_now) > most:
                return None
        kinds.append(piece.kind)
    return None if open_now else kinds[:-1]


def begins_element(before: Piece, inside: Bracket) -> bool:
    """Whether what follows `before` in these brackets is the start of an element."""
    return before.bracket is inside or (before.kind == "COMMA" and before.inside is inside)
