"""A token that does not fit → what is wrong with it: a known slip, or what was expected instead."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from lark import Token

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.language.near import nearest
from ddspec.language.sentences import sentence
from ddspec.language.tokens import END, NEWLINE

_LONGEST_SHOWN = 30
_ONCE = {"COLON", "EQUAL", "IN", "BY", "POINTS"}
_WORDS = {
    *("AMENDS", "AND", "AS", "BY", "ELSE", "HAS", "IN", "IS", "OR", "POINTS", "THEN", "WITH"),
}
_FOR_AMENDS = {"extends", "inherits", "from", "of"}
_OPENS = {"LPAR", "LSQB", "LBRACE", "COMMA"}
_STARTS_A_VALUE = {"NAME", "NUMBER", "STRING", "LSQB", "LBRACE"}


@attrs.frozen
class Misfit:
    """A token at a place where it does not fit.

    `last` and `after` are the kinds of the tokens around it (`_NL` at the ends of the file),
    `expected` what the parser's state lists, `accepted` what fits at this very place, `in_block`
    whether the statement stands in a block. `earlier` is the token before `before`.
    """

    token: Token
    before: Token | None
    after: str
    expected: frozenset[str]
    accepted: frozenset[str]
    in_block: bool
    source: str
    earlier: Token | None = None

    @property
    def last(self) -> str:
        """The kind of the token before."""
        return self.before.type if self.before is not None else NEWLINE

    @property
    def is_end(self) -> bool:
        """Whether what is wrong is that the line or the file ends here (or a bracket, unseen)."""
        return self.token.type in {NEWLINE, END} or not self.token

    @property
    def span(self) -> Span:
        """The token; for a line that ends, the place just after the token before."""
        if self.is_end and self.before is not None:
            end = self.before.end_pos or 0
            return Span(self.source, end, end)
        return Span(self.source, self.token.start_pos or 0, self.token.end_pos or 0)

    @property
    def pair(self) -> Span:
        """The token before and this one."""
        start = self.before.start_pos if self.before is not None else None
        return Span(self.source, start or 0, self.span.end)

    @property
    def follows_itself(self) -> bool:
        """Whether the token before is the same."""
        return bool(self.token) and not self.is_end and self.before == self.token

    def follows(self, text: str) -> bool:
        """Whether the token before is `text` and touches this one."""
        return self.before == text and self.before.end_pos == self.token.start_pos


def explain(misfit: Misfit) -> Diagnostic:
    """The syntax error (DD001) of a token that does not fit."""
    for slip in _SLIPS:
        found = slip(misfit)
        if found is not None:
            return found
    what = sentence(misfit.last, misfit.expected, misfit.accepted)
    after = ""
    if misfit.before is not None and misfit.before.type != NEWLINE and misfit.before:
        after = f" after `{_shortened(misfit.before)}`"
    return Diagnostic(
        "DD001",
        f"expected {what.expected}{after}{_found(misfit)}",
        Label(_gap(misfit) or misfit.span, what.hint),
        fix=_comma(misfit),
    )


def _gap(misfit: Misfit) -> Span | None:
    """Where a value ends on an earlier line, when all that is missing is what separates it."""
    before = misfit.before
    if before is None or before.line == misfit.token.line or _comma(misfit) is None:
        return None
    return Span(misfit.source, before.end_pos or 0, before.end_pos or 0)


def _found(misfit: Misfit) -> str:
    if misfit.is_end:
        return ", but the file ends" if misfit.token.type == END else ", but the line ends"
    return f", found `{_shortened(misfit.token)}`"


def _shortened(token: Token) -> str:
    return f"{token}" if len(token) <= _LONGEST_SHOWN else f"{token[:_LONGEST_SHOWN]}..."


def _comma(misfit: Misfit) -> Fix | None:
    """A comma where two values follow each other in a list."""
    if "COMMA" not in misfit.accepted or misfit.token.type not in _STARTS_A_VALUE:
        return None
    end = misfit.before.end_pos if misfit.before is not None else None
    return Fix(Span(misfit.source, end or 0, end or 0), ",", "separate them by `,`", safe=False)


def _slip(misfit: Misfit, title: str, label: str, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic("DD001", title, Label(misfit.span, label), fix=fix)


def _replace(span: Span, new: str, *, safe: bool = True) -> Fix:
    return Fix(span, new, f"write `{new}`", safe=safe)


def _after(misfit: Misfit) -> Span:
    """The token and the space before it."""
    before = misfit.before
    start = before.end_pos if before is not None and before.line == misfit.token.line else None
    return Span(misfit.source, misfit.span.start if start is None else start, misfit.span.end)


def _reserved(misfit: Misfit) -> Diagnostic | None:
    text, accepted = misfit.token, misfit.accepted
    if misfit.token.type != text.upper() or "NAME" not in accepted or not text.isidentifier():
        return None
    used_as_name = misfit.after in {"COLON", "EQUAL"} or (misfit.after == "IN" and text != "in")
    if not used_as_name and {"NUMBER", "LET", "RPAR"} & accepted:
        return None
    title = f"`{text}` is a word of the language and cannot be a name"
    return _slip(misfit, title, f"another name, for example `{text}_`")


def _digit(misfit: Misfit) -> Diagnostic | None:
    if misfit.token.type != "NUMBER" or "NAME" not in misfit.accepted:
        return None
    if "NUMBER" in misfit.accepted or misfit.after != "NAME":
        return None
    return _slip(misfit, "a name cannot begin with a digit", "for example `run_3`")


def _misspelt(misfit: Misfit) -> Diagnostic | None:
    """A name where only a word of the language fits, and which is nearly that word."""
    if misfit.token.type != "NAME":
        return None
    words = {kind.lower() for kind in misfit.accepted if kind in _WORDS}
    near = nearest(misfit.token, words, most=1)
    if misfit.token in _FOR_AMENDS and "amends" in words:
        near = ("amends",)
    if not near:
        return None
    fix = Fix(misfit.span, near[0], f"write `{near[0]}`", safe=False)
    return _slip(misfit, f"`{misfit.token}` is not a word of the language", f"`{near[0]}` is", fix)


def _equals(misfit: Misfit) -> Diagnostic | None:
    if misfit.token.type != "EQUAL":
        return None
    in_call = "COMMA" in misfit.accepted
    if (
        "COLON" in misfit.accepted
        and not in_call
        and not misfit.in_block
        and misfit.before is not None
    ):
        title = "this declaration lacks the kind or the name before `=`"
        label = f"for example `let {misfit.before} =` or `{misfit.before} name =`"
        return _slip(misfit, title, label)
    if "COLON" in misfit.accepted:
        what = "an argument" if in_call else "a setting"
        fix = Fix(_after(misfit), ":", "write `:`")
        return _slip(misfit, f"{what} takes `:`, not `=`", "`=` only declares names", fix)
    if "COMPARE" in misfit.accepted:
        return _slip(misfit, "`==` compares", "`=` declares", _replace(misfit.span, "=="))
    return None


def _colon(misfit: Misfit) -> Diagnostic | None:
    if misfit.token.type != "COLON":
        return None
    if "EQUAL" in misfit.accepted:
        fix = Fix(_after(misfit), " =", "write `=`")
        return _slip(misfit, "a declaration takes `=`, not `:`", "`:` gives a setting", fix)
    if {"COMMA", "RBRACE"} <= misfit.accepted:
        title = "these braces are a set, which holds values only"
        return _slip(misfit, title, "settings in braces follow a block's name or `with`")
    return None


def _missing_comma(misfit: Misfit) -> Diagnostic | None:
    """An argument right after another: its name was read as the unit of a number."""
    before, earlier = misfit.before, misfit.earlier
    if misfit.token.type != "COLON" or not {"COMMA", "RPAR"} <= misfit.accepted:
        return None
    if misfit.last != "NAME" or before is None or earlier is None or earlier.type in _OPENS:
        return None
    end = earlier.end_pos or 0
    here = Span(misfit.source, end, end)
    return Diagnostic(
        "DD001",
        f"a `,` is missing before `{_shortened(before)}`",
        Label(here, "`,` belongs here"),
        fix=Fix(here, ",", "separate the arguments by `,`"),
    )


def _values_in_block(misfit: Misfit) -> Diagnostic | None:
    """Braces after a name, with values in them: an axis that lost its `in`."""
    if misfit.last != "LBRACE" or "LET" not in misfit.accepted or misfit.earlier is None:
        return None
    if misfit.token.type not in {"NUMBER", "STRING", "LSQB"} or misfit.earlier.type != "NAME":
        return None
    name, brace = misfit.earlier, misfit.before
    assert brace is not None
    here = Span(misfit.source, name.end_pos or 0, brace.start_pos or 0)
    return Diagnostic(
        "DD001",
        f"`in` is missing after `{_shortened(name)}`",
        Label(Span(misfit.source, brace.start_pos or 0, brace.end_pos or 0), "a set of values"),
        fix=Fix(here, " in ", "write `in`"),
    )


def _comma_for_line(misfit: Misfit) -> Diagnostic | None:
    if misfit.token.type != "COMMA" or NEWLINE not in misfit.accepted:
        return None
    label = "go on with the next on a new line"
    fix = Fix(misfit.span, "", "remove it") if misfit.after in {NEWLINE, END} else None
    return _slip(misfit, "a comma does not end a statement", label, fix)


def _foreign(misfit: Misfit) -> Diagnostic | None:
    """Two signs that mean one thing in other languages."""
    if misfit.token.value == "/" and misfit.after == "TIMES_OVER" and "LET" in misfit.accepted:
        fix = Fix(misfit.span, "#", "write `#`")
        return _slip(misfit, "a comment begins with `#`", "not `//`", fix)
    for text, title, new in (
        ("*", "a power is written `^`", "^"),
        ("|", "`or` joins conditions, one `|` joins alternatives", "or"),
        ("/", "a comment begins with `#`", "#"),
    ):
        if misfit.token == text and misfit.follows(text):
            fix = _replace(misfit.pair, new, safe=new != "or")  # alternatives may be meant
            return _slip(misfit, title, f"not `{text * 2}`", fix)
    if misfit.token.type == "DOT" and misfit.follows(".."):
        title = "a range has two dots"
        return _slip(misfit, title, "one too many", Fix(misfit.span, "", "remove it"))
    return None


def _twice(misfit: Misfit) -> Diagnostic | None:
    if misfit.token.type in {"NAME", "NUMBER", "STRING"} or not misfit.follows_itself:
        return None
    safe = misfit.token.type in _ONCE  # between two others a value may be missing
    fix = Fix(misfit.span, "", f"remove this `{misfit.token}`", safe=safe)
    return _slip(misfit, f"`{misfit.token}` is written twice", "once too often", fix)


def _nameless(misfit: Misfit) -> Diagnostic | None:
    """A statement that begins with what should stand after its name."""
    if "LET" not in misfit.accepted:
        return None
    if misfit.token.type == "LBRACE":
        return _slip(misfit, "this block has no kind", "for example `sweep {`")
    if misfit.token.type not in {"COLON", "IN", "EQUAL"}:
        return None
    return _slip(misfit, f"the name before `{misfit.token}` is missing", "it belongs here")


def _bare_fraction(misfit: Misfit) -> Diagnostic | None:
    if misfit.token.type != "DOT" or "NUMBER" not in misfit.accepted or misfit.after != "NUMBER":
        return None
    fix = Fix(misfit.span, "0.", "write `0.`")
    return _slip(misfit, "a number begins with a digit", "for example `0.5`", fix)


_SLIPS: tuple[Callable[[Misfit], Diagnostic | None], ...] = (
    _reserved,
    _digit,
    _misspelt,
    _equals,
    _colon,
    _missing_comma,
    _values_in_block,
    _comma_for_line,
    _foreign,
    _twice,
    _nameless,
    _bare_fraction,
)
