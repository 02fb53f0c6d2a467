"""Tokens whose brackets do not pair up → tokens whose brackets do, and what was wrong.

Which bracket is at fault is read off the layout: a line that starts as far left as the line of an
open bracket, and looks like a statement, shows that the bracket should have been closed; a `}` in
the midst of a line, after which the block plainly goes on, closes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import attrs
from lark import Token

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.language.layout import CLOSERS, begins_statement, opens_body
from ddspec.language.tokens import NEWLINE, insert_after

_SHOWN = {"RPAR": ")", "RSQB": "]", "RBRACE": "}"}


@attrs.define
class _Open:
    """A bracket that waits for its partner."""

    token: Token
    body: bool
    column: int  # of the first token on its line
    indented: bool = False  # whether its first statement stands further right

    @property
    def closer(self) -> str:
        return CLOSERS[self.token.type]


@attrs.define
class _Page:
    """The tokens read so far, repaired, and the brackets open at this point."""

    tokens: Sequence[Token]
    source: str
    torn: Collection[int]
    out: list[Token] = attrs.Factory(list)
    open: list[_Open] = attrs.Factory(list)
    found: list[Diagnostic] = attrs.Factory(list)
    column: int = 1  # of the first token on the present line
    skip: int = -1  # the index of a token that is dealt with already
    reported: set[int] = attrs.Factory(set)  # lines

    def kind(self, index: int) -> str:
        """The kind of a token, `_NL` before the first and after the last."""
        return self.tokens[index].type if 0 <= index < len(self.tokens) else NEWLINE

    def refuse(self, token: Token, title: str, label: str) -> None:
        """Report a bracket that has to go."""
        span = Span(self.source, token.start_pos or 0, token.end_pos or 0)
        fix = Fix(span, "", f"remove this `{token}`", safe=False)
        self.report(token, Diagnostic("DD001", title, Label(span, label), fix=fix))

    def report(self, token: Token, problem: Diagnostic) -> None:
        """Report the first problem of a line: the others may follow from it."""
        if token.line not in self.reported:
            self.found.append(problem)
            self.reported.add(token.line or 0)


def pair_brackets(
    tokens: Sequence[Token], source: str, torn: Collection[int] = ()
) -> tuple[list[Token], tuple[Diagnostic, ...]]:
    """`tokens` with brackets that pair up and newlines only where they end statements, and faults.

    A bracket never closed is reported at the opening one (DD002), one that closes nothing where it
    stands (DD001). Inserted tokens are empty. `torn` are the lines with a string that never ends:
    it may have swallowed closing brackets, so nothing is said about those opened there.
    """
    page = _Page(tokens, source, torn)
    for index, token in enumerate(tokens):
        if page.kind(index - 1) == NEWLINE:
            page.column = token.column or 1
            _begin_line(page, index)
        if index == page.skip or (token.type == NEWLINE and _is_in_list(page)):
            continue
        if token.type in CLOSERS:
            _open(page, index)
        elif token.type in _SHOWN:
            _close(page, index)
        else:
            page.out.append(token)
    while page.open:
        _close_early(page)
    return page.out, tuple(page.found)


def _is_in_list(page: _Page) -> bool:
    return bool(page.open) and not page.open[-1].body


def _begin_line(page: _Page, index: int) -> None:
    """Close what the indentation of this line shows to be finished."""
    if not begins_statement(page.tokens, index):
        return
    while page.open:
        last = page.open[-1]
        last.indented = last.indented or page.column > last.column
        if page.column > last.column or (last.body and not last.indented):
            return
        _close_early(page)
        if page.out[-1].type != NEWLINE:
            page.out.append(insert_after(page.out[-1], NEWLINE))


def _open(page: _Page, index: int) -> None:
    opener = page.tokens[index]
    before = page.tokens[index - 1] if index else None
    if page.open and page.open[-1].body and before is page.open[-1].token and opener == "{":
        page.refuse(opener, "this `{` follows another one", "opens nothing")
        return
    body = opens_body(opener, before)
    page.open.append(_Open(opener, body, page.column))
    page.out.append(opener)


def _close(page: _Page, index: int) -> None:
    closer = page.tokens[index]
    if closer.type == "RBRACE" and page.kind(index - 1) == NEWLINE:
        _close_to_column(page, closer.column or 1)
    waiting = [bracket.closer for bracket in page.open]
    if _is_mistaken(page, index):
        _take_as(page, closer, waiting[-1])
        return
    if closer.type not in waiting or _is_surplus(page, index):
        page.refuse(closer, f"this `{closer}` closes nothing", "no bracket is open for it")
        return
    if waiting[-1] != closer.type and page.kind(index + 1) == waiting[-1]:
        title = f"`{_SHOWN[waiting[-1]]}` is expected before this `{closer}`"
        page.refuse(closer, title, "these two are the wrong way round")
        page.out.append(insert_after(page.out[-1], waiting[-1]))
        page.open.pop()
        page.skip = index + 1
    while page.open[-1].closer != closer.type:
        _close_early(page)
    page.open.pop()
    page.out.append(closer)


def _is_mistaken(page: _Page, index: int) -> bool:
    """Whether a closing bracket stands, at the end of its line, for one of another shape."""
    if not page.open or page.open[-1].body:
        return False
    last, closer = page.open[-1], page.tokens[index]
    waiting = [bracket.closer for bracket in page.open if not bracket.body]
    alone = closer.type not in waiting and page.kind(index + 1) in {NEWLINE, "COMMA"}
    return alone and last.token.line == closer.line


def _take_as(page: _Page, closer: Token, meant: str) -> None:
    """Close the last bracket by a closing one of another shape, and say so."""
    opener = page.open.pop().token
    span = Span(page.source, closer.start_pos or 0, closer.end_pos or 0)
    opened = Span(page.source, opener.start_pos or 0, opener.end_pos or 0)
    problem = Diagnostic(
        "DD001",
        f"`{_SHOWN[meant]}` closes a `{opener}`, not `{closer}`",
        Label(span, f"`{_SHOWN[meant]}` belongs here"),
        (Label(opened, "opened here"),),
        fix=Fix(span, _SHOWN[meant], f"write `{_SHOWN[meant]}`"),
    )
    page.report(closer, problem)
    page.out.append(Token.new_borrow_pos(meant, _SHOWN[meant], closer))


def _close_to_column(page: _Page, column: int) -> None:
    """A `}` at the start of a line belongs to the block whose header starts in the same column."""
    if any(bracket.body and bracket.column == column for bracket in page.open):
        while not (page.open[-1].body and page.open[-1].column == column):
            _close_early(page)


def _is_surplus(page: _Page, index: int) -> bool:
    """Whether the block that this `}` would close plainly goes on after it."""
    closer, last = page.tokens[index], page.open[-1]
    if last.closer == closer.type and not last.body:
        return _is_followed_by_comma(page, index)
    midst = page.kind(index - 1) != NEWLINE and (last.token.line or 0) < (closer.line or 0)
    if closer.type != "RBRACE" or not last.body or not midst:
        return False
    if page.kind(index + 1) != NEWLINE:
        return page.kind(index + 1) != "RBRACE"
    if index + 2 >= len(page.tokens):
        return False
    column = page.tokens[index + 2].column or 1
    return column > last.column or (column == last.column and page.kind(index + 2) == "RBRACE")


def _is_followed_by_comma(page: _Page, index: int) -> bool:
    """Whether a comma would end the statement, were its last bracket closed here: it goes on."""
    lists = sum(not bracket.body for bracket in page.open)
    return lists == 1 and page.kind(index + 1) == "COMMA"


def _close_early(page: _Page) -> None:
    """Close the last bracket at the end of what was read, and say that it never was."""
    bracket = page.open.pop()
    last = next(token for token in reversed(page.out) if token.type != NEWLINE)
    page.out.append(insert_after(page.out[-1], bracket.closer))
    if bracket.token.line in page.torn:
        return
    closer = _SHOWN[bracket.closer]
    here = Span(page.source, last.end_pos or 0, last.end_pos or 0)
    opened = Span(page.source, bracket.token.start_pos or 0, bracket.token.end_pos or 0)
    words = f"`{closer}` was expected here at the latest"
    problem = Diagnostic(
        "DD002",
        f"this `{bracket.token}` is never closed",
        Label(opened, "" if bracket.body else f"`{closer}` is missing"),
        (Label(here, words),) if bracket.body else (),
        fix=None if bracket.body else Fix(here, closer, f"close it with `{closer}`", safe=False),
    )
    page.report(bracket.token, problem)
