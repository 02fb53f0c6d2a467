"""Where a cursor stands in a text that may be half-written: the brackets around it, by tokens."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import lark
from lark import Token

from ddspec.errors import Span
from ddspec.language.acceptance import accepted
from ddspec.language.grammar import start
from ddspec.language.layout import CLOSERS, begins_statement, joined_lines, opens_body
from ddspec.language.tokens import NEWLINE, read_tokens, scanner


@attrs.define(eq=False)
class Frame:
    """A bracket that is open: `opener` is `(`, `[`, `{`, or empty for the file around all.

    `head` are the tokens of its statement or argument before it, `items` those of the statement or
    argument that is being written in it, `statement` the same with all that brackets in it hold.
    `body` says that it holds statements. `given` are the names before `:` or `in`, and of blocks,
    the ones after the cursor included; `position` counts commas.
    """

    opener: str = ""
    head: tuple[Token, ...] = ()
    body: bool = True
    items: list[Token] = attrs.field(factory=list)
    statement: list[Token] = attrs.field(factory=list)
    given: set[str] = attrs.field(factory=set)
    position: int = 0

    def next_item(self) -> None:
        """A comma or a line end: what was written is complete."""
        self.note_name()
        self.items.clear()

    def note_name(self) -> None:
        """Keep the name that an item gives a value."""
        name, sign = [*(item.type for item in self.items[:2]), "", ""][:2]
        if name == "NAME" and sign in ("COLON", "IN"):
            self.given.add(str(self.items[0]))


@attrs.frozen
class Cursor:
    """A place between tokens, or in a name that is being typed.

    `prefix` is what is typed of the name, and `span` all of it. `frames` are the brackets around,
    outermost first, as they are just before it; `items` of the last are what stands before it.
    `next` are the kinds of tokens that the grammar takes here; none where it cannot tell.
    """

    prefix: str
    span: Span
    frames: tuple[Frame, ...]
    next: frozenset[str]

    @property
    def frame(self) -> Frame:
        """The innermost bracket."""
        return self.frames[-1]

    @property
    def last(self) -> str:
        """The kind of the token before, in this bracket; empty at its start."""
        return self.frame.items[-1].type if self.frame.items else ""

    @property
    def words(self) -> list[str]:
        """The reserved words that the grammar takes here."""
        return sorted(word for word, kind in scanner().words.items() if kind in self.next)


def find_cursor(text: str, offset: int, source: str) -> Cursor | None:
    """The cursor at a character offset; None inside a comment or a string."""
    tokens = read_tokens(text)
    if _in_comment(tokens, text, offset):
        return None
    typed = next((t for t in tokens if _touches(t, offset)), None)
    span = Span(source, *((typed.start_pos, typed.end_pos) if typed else (offset, offset)))  # type: ignore[arg-type]
    walk = _Walk(tokens)
    index = 0
    while index < len(tokens) and _begins(tokens[index]) < span.start:
        walk.step(index)
        index += 1
    if typed is not None:
        walk.settle(index)
    frames = tuple(map(_copy, walk.frames))
    walk.look_ahead(index + (typed is not None))
    for kept, moved in zip(frames, walk.met, strict=True):
        kept.given.update(moved.given)
    prefix = text[span.start : offset]
    return Cursor(prefix, span, frames, _next(frames))


def _begins(token: Token) -> int:
    """Where a token begins; a line end does so after the blanks before it."""
    blanks = str(token).index("\n") if token.type == NEWLINE else 0
    return (token.start_pos or 0) + blanks


def _touches(token: Token, offset: int) -> bool:
    """Whether a name, or a reserved word, is being typed at an offset."""
    begin, end = token.start_pos or 0, token.end_pos or 0
    return str(token).isidentifier() and begin < offset <= end


def _in_comment(tokens: Sequence[Token], text: str, offset: int) -> bool:
    line = text.rfind("\n", 0, offset) + 1
    for token in tokens:
        begin, end = token.start_pos or 0, token.end_pos or 0
        if token.type in ("STRING", "BAD") and begin < offset < end:
            return True
    inside = [t for t in tokens if t.type == "STRING" and line <= (t.start_pos or 0) < offset]
    rest = text[line:offset]
    for token in reversed(inside):
        begin, end = (token.start_pos or 0) - line, (token.end_pos or 0) - line
        rest = rest[:begin] + rest[end:]
    return "#" in rest


def _copy(frame: Frame) -> Frame:
    return attrs.evolve(
        frame,
        items=list(frame.items),
        statement=list(frame.statement),
        given=set(frame.given),
    )


@attrs.define(eq=False)
class _Walk:
    """Follows brackets from the start of a text."""

    tokens: Sequence[Token]
    frames: list[Frame] = attrs.field(factory=lambda: [Frame()])
    met: list[Frame] = attrs.field(factory=list)

    def step(self, index: int) -> None:
        token, frame = self.tokens[index], self.frames[-1]
        if token.type == NEWLINE:
            self._line_end(index)
            return
        self.settle(index)
        frame = self.frames[-1]
        for each in self.frames:
            each.statement.append(token)
        if token.type in CLOSERS:
            before = self.tokens[index - 1] if index else None
            body = opens_body(token, before)
            if body and frame.items:
                frame.given.add(str(frame.items[0]))
            self.frames.append(Frame(token.type, tuple(frame.items), body))
            frame.items.append(token)
        elif token.type in CLOSERS.values():
            self._close(token)
        elif token.type == "COMMA" and not frame.body:
            frame.next_item()
            frame.position += 1
        else:
            frame.items.append(token)

    def settle(self, index: int) -> None:
        """A statement in the first column, or a body inside other brackets, closes what is open."""
        if index >= len(self.tokens) or len(self.frames) == 1:
            return
        after_line = index == 0 or self.tokens[index - 1].type == NEWLINE
        first = after_line and self.tokens[index].column == 1
        if first and begins_statement(self.tokens, index):
            self.frames[0].next_item()
            self.frames[0].statement.clear()
            del self.frames[1:]

    def look_ahead(self, index: int) -> None:
        """Names that are given later in the brackets that are open now."""
        self.met = list(self.frames)
        while index < len(self.tokens) and self.frames[-1:] and len(self.frames) > 1:
            self.step(index)
            if self.frames[-1] is not self.met[-1] and self.met[-1] not in self.frames:
                break
            index += 1
        for frame in self.met:
            frame.note_name()

    def _line_end(self, index: int) -> None:
        frame = self.frames[-1]
        if frame.body:
            frame.next_item()
            frame.statement.clear()
        else:
            self.settle(index + 1)

    def _close(self, token: Token) -> None:
        while len(self.frames) > 1:
            frame = self.frames.pop()
            frame.note_name()
            if CLOSERS[frame.opener] == token.type:
                break
        self.frames[-1].items.append(token)


def _next(frames: Sequence[Frame]) -> frozenset[str]:
    """The kinds of tokens the grammar takes after the statement as far as it is written."""
    inner = max(n for n, frame in enumerate(frames) if frame.body)
    state = start()
    try:
        for token in joined_lines(frames[inner].statement):
            state.feed_token(token)
    except (lark.UnexpectedToken, KeyError):
        return frozenset()
    return accepted(state.parse_conf, state.state_stack)
