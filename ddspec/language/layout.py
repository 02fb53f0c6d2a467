"""Tokens → tokens in which a newline ends a statement: newlines inside brackets are dropped."""

from __future__ import annotations

from lark import Token

from ddspec.language.tokens import NEWLINE

CLOSERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
VALUE_ENDS = {"NAME", "NUMBER", "STRING", "RPAR", "RSQB", "RBRACE", "QMARK", "PERCENT", "BAD"}


def opens_body(opener: Token, before: Token | None, *, in_list: bool) -> bool:
    """Whether a `{` holds statements; otherwise it is a set, where newlines mean nothing."""
    if opener.type != "LBRACE" or before is None:
        return False
    return before.type in {"WITH", "ZIP"} or (before.type in VALUE_ENDS and not in_list)


def joined_lines(tokens: list[Token]) -> list[Token]:
    """`tokens` without the newlines inside `( )`, `[ ]` and sets; nothing is repaired."""
    kept: list[Token] = []
    open_bodies: list[tuple[str, bool]] = []
    before = None
    for token in tokens:
        if token.type == NEWLINE:
            if open_bodies and not open_bodies[-1][1]:
                continue
        elif token.type in CLOSERS:
            in_list = bool(open_bodies) and not open_bodies[-1][1]
            open_bodies.append((CLOSERS[token.type], opens_body(token, before, in_list=in_list)))
        elif open_bodies and open_bodies[-1][0] == token.type:
            open_bodies.pop()
        kept.append(token)
        before = token
    return kept
