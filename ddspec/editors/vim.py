"""Lexicon → a syntax file for vim and Neovim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ddspec.editors.lexicon import LOGARITHMIC, Lexicon, pattern, signs
from ddspec.editors.roles import LOOKS
from ddspec.errors import DdspecError

HEADER: Final = """\
" ddspec: written by `ddspec editors` from the grammar and the vocabulary.
if exists("b:current_syntax")
  finish
endif
let s:kept = &cpoptions
set cpoptions&vim

syntax case match
syntax iskeyword @,48-57,_,192-255
syntax sync minlines=200
"""
FOOTER: Final = """
let b:current_syntax = "dd"
let &cpoptions = s:kept
unlet s:kept
"""
NAME: Final = r"<[[:alpha:]_]\k*>"  # vim has no class for the letters of every language
MAGIC: Final = re.compile(r"[@&~=<>{}%^$.*+?|()\[\]/\\-]")
SAFE: Final = re.compile(r"\(\?|\\[wWdDsSbB]|[@&~=<>{}%]")  # what vim reads in another way


def syntax(words: Lexicon) -> str:
    """The syntax file; of matches that begin at one place vim takes the last that is defined."""
    links = "".join(
        f"highlight default link {group(role)} {look.group}\n" for role, look in LOOKS.items()
    )
    kinds = "".join(
        f"highlight default link {group('word', kind)} {group('word')}\n" for kind in words.words
    )
    return "\n".join([HEADER, "\n".join(_matches(words)), "", links + kinds + FOOTER])


def group(role: str, kind: str = "") -> str:
    """The group of a role: `ddWord`, of a kind `ddWordLoss`."""
    return f"dd{role.capitalize()}{kind.capitalize()}"


def translated(terminal: str) -> str:
    r"""A terminal's pattern as vim reads it after `\v`, which is as Python does for plain ones.

    Raises DdspecError for a pattern that vim would read in another way.
    """
    found = pattern(terminal)
    if SAFE.search(found):
        raise DdspecError(f"the pattern of {terminal} cannot be given to vim: {found}")
    return found.replace("\n", r"\n")


def _matches(words: Lexicon) -> Iterator[str]:
    yield _match("bad", r"\S")
    yield _match("separator", r"[:,.]")
    yield _match("operator", "|".join(map(_escaped, _operators())))
    yield _match("unit", r"\%")
    yield _match("bracket", r"[][()}]")
    yield 'syntax region ddBlock matchgroup=ddBracket start="{" end="}" transparent fold'
    yield _match("name", NAME)
    yield from _vocabulary(words)
    yield from _places(words)
    yield _match("number", translated("NUMBER"))
    yield _match("digest", translated("DIGEST"))
    yield _match("bad", r"[\"'].*")
    yield _match("string", translated("STRING"))
    yield _match("comment", translated("COMMENT")) + " contains=@Spell"


def _vocabulary(words: Lexicon) -> Iterator[str]:
    """Names by themselves."""
    for kind in words.words:
        yield _match("word", _one_of(words.only(kind)), kind)
    yield _match("word", _one_of(words.shared))
    yield _match("quantity", _one_of(words.quantities))
    yield _match("constant", _one_of(words.constants))
    yield _match("choice", rf"(:\s*)@<={_one_of(words.choices)}(\s*[(:.])@!")


def _places(words: Lexicon) -> Iterator[str]:
    """Names that mean something where they stand, and reserved words."""
    reserved = _one_of((*words.statements, *words.expressions))
    kinds = _one_of((*words.kinds, *words.blocks))
    yield _match("form", _one_of(words.forms) + r"(\s*\()@=")
    yield _match("function", _one_of(words.functions) + r"(\s*\()@=")
    yield _match("kind", rf"{kinds}(\s*\{{|\s+({reserved})@!{NAME})@=")
    yield _match("unit", rf"([0-9%)}}]\s*)@<={_one_of(words.units)}")
    yield _match("member", rf"([^.]\.\s*)@<={NAME}")
    yield _match("field", rf"{NAME}(\s*:)@=")
    yield _match("axis", rf"{NAME}(\s*\.\s*{NAME})*(\s+in>)@=") + " contains=ddDot"
    yield r"syntax match ddDot /\v\./ contained"
    yield "highlight default link ddDot ddSeparator"
    yield _match("declared", rf"(<(let|amends|as)\s+|{kinds}\s+)@<={NAME}")
    yield _match("expression", _one_of(words.expressions))
    yield _match("expression", rf"<{_logarithmic()}>[[:alnum:]_(]@!")
    yield _match("statement", _one_of(words.statements))


def _operators() -> tuple[str, ...]:
    """The signs that are neither brackets nor separators, with those of the patterns."""
    several = "|".join(map(pattern, ("COMPARE", "TIMES_OVER", "RANGE")))
    listed = re.sub(r"\(\?:|\)|\\", "", several).split("|")
    return (*(sign for sign in signs() if sign not in "()[]{}:,.%"), *listed)


def _logarithmic() -> str:
    return pattern(LOGARITHMIC).partition("(")[0]


def _escaped(text: str) -> str:
    return MAGIC.sub(r"\\\g<0>", text)


def _one_of(names: Iterable[str]) -> str:
    return f"<({'|'.join(sorted(names))})>"


def _match(role: str, regex: str, kind: str = "") -> str:
    r"""A match in vim's syntax, where `/` ends a pattern; one of no name is left out by `a@!a`."""
    never = "a@!a" if regex == _one_of(()) else regex
    return f"syntax match {group(role, kind)} /\\v{_slashed(never)}/"


def _slashed(regex: str) -> str:
    return re.sub(r"(?<!\\)/", r"\/", regex)
