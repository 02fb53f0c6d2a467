"""Tokens that do not parse → a tree with holes, and one error for each statement that is wrong.

Lark's tables are driven by hand. A token that does not fit is reported; then the parser goes back
to the start of the broken statement, is fed an ERROR token in its place (`error` in the grammar)
and goes on with the next line.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Any

import attrs
import lark
from lark import Token
from lark.parsers.lalr_parser_state import ParserState

from ddspec.errors import Diagnostic
from ddspec.language.acceptance import accepted, accepts, listed
from ddspec.language.grammar import start
from ddspec.language.layout import CLOSERS
from ddspec.language.slips import Misfit, explain
from ddspec.language.tokens import END, NEWLINE, end_of

UNKNOWN = ""  # the kind of a block whose header could not be read


@attrs.define
class _Reading:
    """How far the parser has come, and the statements in which a fault is already known."""

    tokens: Sequence[Token]
    source: str
    state: ParserState[Any]
    faults: list[int]  # offsets, sorted
    found: list[Diagnostic]

    @property
    def top(self) -> dict[str, Any]:
        actions: dict[str, Any] = self.state.parse_conf.states[self.state.state_stack[-1]]
        return actions

    def kind(self, index: int) -> str:
        return self.tokens[index].type if 0 <= index < len(self.tokens) else END


def recover(
    tokens: Sequence[Token], source: str, known: Sequence[Diagnostic] = ()
) -> tuple[lark.Tree[Token], tuple[Diagnostic, ...]]:
    """The tree of `tokens`, with `error` for what cannot be read, and all errors in their order.

    `known` are errors found before: nothing more is said about the statements they lie in, since
    what follows a repair is a guess. The brackets of `tokens` should pair up.
    """
    faults = sorted(each.primary.span.start for each in known)
    reading = _Reading(tokens, source, start(), faults, list(known))
    index, resumed = 0, -1
    while index < len(tokens):
        before = list(reading.state.state_stack)
        try:
            reading.state.feed_token(tokens[index])
            index += 1
        except lark.UnexpectedToken:
            _report(reading, index, before)
            resumed, index = index, _resume(reading, index) + (resumed == index)
    tree = _finish(reading)
    return tree, tuple(sorted(reading.found, key=lambda each: each.primary.span.start))


def describe(
    state: ParserState[Any], stack: Sequence[int], tokens: Sequence[Token], index: int, source: str
) -> Diagnostic:
    """The error of the token that did not fit; `stack` are the states before it arrived.

    An index beyond the tokens stands for the end of the file.
    """
    misfit = Misfit(
        tokens[index] if index < len(tokens) else end_of(tokens),
        tokens[index - 1] if index else None,
        tokens[index + 1].type if index + 1 < len(tokens) else END,
        listed(state.parse_conf, stack[-1]),
        accepted(state.parse_conf, stack),
        any(map(_is_brace, state.value_stack)),
        source,
        tokens[index - 2] if index > 1 else None,
    )
    return explain(misfit)


def _report(reading: _Reading, index: int, stack: Sequence[int]) -> None:
    """Say what is wrong with a token, unless its statement has a fault already."""
    first, last = _statement_bounds(reading.tokens, index)
    next_ = bisect_left(reading.faults, first)
    if next_ < len(reading.faults) and reading.faults[next_] <= last:
        return
    problem = describe(reading.state, stack, reading.tokens, index, reading.source)
    reading.found.append(problem)
    insort(reading.faults, problem.primary.span.start)


def _statement_bounds(tokens: Sequence[Token], index: int) -> tuple[int, int]:
    """The offsets between which the line of a token lies (several, where brackets join them)."""
    first = min(index, len(tokens))
    while first > 0 and tokens[first - 1].type != NEWLINE:
        first -= 1
    last = index
    while last < len(tokens) and tokens[last].type != NEWLINE:
        last += 1
    start_of = tokens[first - 1].end_pos if first > 0 else 0
    end = tokens[last].start_pos if last < len(tokens) else sys.maxsize
    return start_of or 0, end or 0


def _resume(reading: _Reading, index: int) -> int:
    """Leave the broken statement; gives the index of the token to go on with."""
    state, tokens = reading.state, reading.tokens
    if reading.kind(index - 1) == "RBRACE" and accepts(
        state.parse_conf, state.state_stack, NEWLINE
    ):
        return _end_of_statement(tokens, index, 0)  # the block is kept
    begin = _go_back(reading, index)
    depth = sum((t.type in CLOSERS) - (t.type in CLOSERS.values()) for t in tokens[begin:index])
    end = _end_of_statement(tokens, index, depth)
    if reading.kind(end) == "LBRACE":  # the header is broken, the statements in it may be right
        state.feed_token(Token.new_borrow_pos("NAME", UNKNOWN, tokens[end]))
        return end
    state.feed_token(_hole(tokens, begin, end))
    return end


def _go_back(reading: _Reading, index: int) -> int:
    """Take back the broken statement; gives the index of its first token."""
    state = reading.state
    while "ERROR" not in reading.top:
        state.state_stack.pop()
        state.value_stack.pop()
    opener = next((each for each in reversed(state.value_stack) if _is_brace(each)), None)
    while index > 0 and reading.kind(index - 1) != NEWLINE:
        if reading.tokens[index - 1] is opener:
            break
        index -= 1
    return index


def _is_brace(value: object) -> bool:
    return isinstance(value, Token) and value.type == "LBRACE"


def _end_of_statement(tokens: Sequence[Token], index: int, depth: int) -> int:
    """The index of the newline, or of the `}` of the block around, that ends a statement.

    `depth` brackets are open. Stops at the `{` of a block over several lines, too.
    """
    while index < len(tokens):
        kind = tokens[index].type
        if depth <= 0 and (kind in {NEWLINE, "RBRACE"} or _opens_lines(tokens, index)):
            break
        depth += (kind in CLOSERS) - (kind in CLOSERS.values())
        index += 1
    return index


def _opens_lines(tokens: Sequence[Token], index: int) -> bool:
    after = tokens[index + 1].type if index + 1 < len(tokens) else NEWLINE
    return tokens[index].type == "LBRACE" and after == NEWLINE


def _hole(tokens: Sequence[Token], begin: int, end: int) -> Token:
    """The ERROR token for tokens[begin:end]; its text is the names that occur there."""
    names = " ".join(dict.fromkeys(each for each in tokens[begin:end] if each.type == "NAME"))
    around = tokens[begin:end] or tokens[max(begin - 1, 0) : max(begin, 1)]
    first, last = around[0].start_pos or 0, around[-1].end_pos or 0
    return Token("ERROR", names, first, 1, 1, 1, 1, max(first, last))


def _finish(reading: _Reading) -> lark.Tree[Token]:
    """Feed the end of the file; what is open there is left out."""
    state, tokens = reading.state, reading.tokens
    stack = list(state.state_stack)
    try:
        return _fed_end(reading)
    except lark.UnexpectedToken:
        _report(reading, len(tokens), stack)
    begin = _go_back(reading, len(tokens))
    while any(map(_is_brace, state.value_stack)) or "ERROR" not in reading.top:
        state.state_stack.pop()
        state.value_stack.pop()
    state.feed_token(_hole(tokens, begin, len(tokens)))
    return _fed_end(reading)


def _fed_end(reading: _Reading) -> lark.Tree[Token]:
    tree: lark.Tree[Token] = reading.state.feed_token(end_of(reading.tokens), is_end=True)
    return tree
