"""Tokens → tokens in which a newline ends a statement: newlines inside brackets are dropped."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from ddspec.language.tokens import NEWLINE

CLOSERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_BEFORE_BODY = {
    *("NAME", "NUMBER", "STRING", "RPAR", "RSQB", "RBRACE", "QMARK", "PERCENT"),
    *("WITH", "ZIP", "WHEN", "HAS", "IS", "AND", "OR", "NOT", NEWLINE),
}
_STATEMENT_WORDS = {"LET", "USE", "DD", "WHEN", "WHERE", "EXCEPT", "ZIP"}
_AFTER_STATEMENT_NAME = {"NAME", "LBRACE", "COLON", "IN", "EQUAL", "DOT", "AMENDS"}


def opens_body(opener: Token, before: Token | None) -> bool:
    """Whether a bracket is a `{` of statements; newlines mean nothing in the others and in sets.

    `before` is the token in front of it: no set follows a value.
    """
    return is_body(opener.type, None if before is None else before.type)


def is_body(kind: str, before: str | None) -> bool:
    """The same of the kinds of the two tokens."""
    return kind == "LBRACE" and (before is None or before in _BEFORE_BODY)


def begins_statement(tokens: Sequence[Token], index: int) -> bool:
    """Whether the tokens from `index` look like a statement, as far as two of them can tell."""
    if tokens[index].type in _STATEMENT_WORDS:
        return True
    after = tokens[index + 1].type if index + 1 < len(tokens) else NEWLINE
    return tokens[index].type == "NAME" and after in _AFTER_STATEMENT_NAME


def joined_lines(tokens: Sequence[Token], *, in_list: bool = False) -> list[Token]:
    """`tokens` without the newlines inside `( )`, `[ ]` and sets; nothing is repaired.

    `in_list` says that all of them stand inside such brackets.
    """
    kept: list[Token] = []
    open_now: list[tuple[str, bool]] = []
    before = None
    for token in tokens:
        inside = not open_now[-1][1] if open_now else in_list
        if token.type == NEWLINE and inside:
            continue
        if token.type in CLOSERS:
            open_now.append((CLOSERS[token.type], opens_body(token, before)))
        elif open_now and open_now[-1][0] == token.type:
            open_now.pop()
        kept.append(token)
        before = token
    return kept


def too_deep_bracket(tokens: Sequence[Token], most: int) -> Token | None:
    """The first bracket that is opened while `most` others are open; None when there is none."""
    depth = 0
    for token in tokens:
        if token.type in CLOSERS:
            depth += 1
            if depth > most:
                return token
        elif token.type in CLOSERS.values():
            depth = max(depth - 1, 0)
    return None


def brackets_pair_up(tokens: Sequence[Token]) -> bool:
    """Whether every bracket has its partner, properly nested."""
    open_now: list[str] = []
    for token in tokens:
        if token.type in CLOSERS:
            open_now.append(CLOSERS[token.type])
        elif token.type in CLOSERS.values() and (not open_now or open_now.pop() != token.type):
            return False
    return not open_now
