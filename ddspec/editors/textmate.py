"""Lexicon → a TextMate grammar: for VS Code, GitHub and every editor that reads one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from ddspec.editors.lexicon import LOGARITHMIC, Lexicon, pattern, signs
from ddspec.editors.roles import LOOKS, SEPARATORS

ROOT: Final = "source.dd"
NAMING: Final = {"bracket": "([{}])", "separator": "".join(sorted(SEPARATORS))}
Rule = dict[str, Any]


def grammar(words: Lexicon) -> str:
    """The grammar as JSON; of rules that match at one place the first is taken."""
    rules = {
        "trivia": _trivia(),
        "values": _values(words),
        "definitions": _definitions(words),
        "places": _places(words),
        "reserved": _reserved(words),
        "words": _words(words),
        "braces": [_braces()],
        "signs": _signs(),
    }
    own = {kind: [_word(kind, words.words[kind])] for kind in words.blocks if kind in words.words}
    document = {
        "$schema": "https://json.schemastore.org/tmlanguage.json",
        "name": "ddspec",
        "scopeName": ROOT,
        "fileTypes": ["dd"],
        "patterns": [_include(name) for name in ("trivia", "measured_blocks", *list(rules)[1:])],
        "repository": {
            name: {"patterns": patterns}
            for name, patterns in {
                **rules,
                "measured_blocks": [_block(kind, own[kind]) for kind in own],
            }.items()
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def scope(role: str, of: str = "") -> str:
    """The scope of a role: `support.class.dd`, of a kind `support.class.loss.dd`."""
    return ".".join(filter(None, (LOOKS[role].scope, of, "dd")))


def one_of(names: Iterable[str]) -> str:
    """A pattern for whole names, any of them; one that never matches for none."""
    listed = "|".join(sorted(names))
    return rf"\b(?:{listed})\b" if listed else "(?!)"


def _name(words: Lexicon) -> str:
    """The pattern of a name that is not reserved."""
    reserved = one_of((*words.statements, *words.expressions))
    return rf"(?!{reserved}){pattern('NAME')}"


def _include(name: str) -> Rule:
    return {"include": f"#{name}"}


def _match(regex: str, *captured: str) -> Rule:
    """A rule that gives each of its groups a role."""
    groups = {str(place): {"name": scope(role)} for place, role in enumerate(captured, 1)}
    return {"match": regex, "captures": groups}


def _all(role: str, regex: str, of: str = "") -> Rule:
    return {"match": regex, "name": scope(role, of)}


def _trivia() -> list[Rule]:
    return [
        _all("comment", pattern("COMMENT")),
        {
            **_all("string", pattern("STRING")),
            "captures": {
                "0": {"patterns": [{"match": r"\\.", "name": "constant.character.escape.dd"}]}
            },
        },
        _all("bad", r"[\"'][^\n]*", "unclosed"),
        _all("digest", rf"\b{pattern('DIGEST')}"),
    ]


def _values(words: Lexicon) -> list[Rule]:
    number, units = pattern("NUMBER"), one_of(words.units)
    return [
        _match(rf"({number.replace('(', '(?:')})[ \t]*(%)", "number", "unit"),
        _match(rf"({number.replace('(', '(?:')})[ \t]*({units})(?![ \t]*:)", "number", "unit"),
        _all("number", number),
        _match(rf"(?<=[)}}%])[ \t]*({units})(?![ \t]*:)", "unit"),
    ]


def _definitions(words: Lexicon) -> list[Rule]:
    """What gives something a name."""
    name = _name(words)
    kinds = one_of((*words.kinds, *words.blocks))
    return [
        _match(rf"({kinds})[ \t]+({name})", "kind", "declared"),
        _all("kind", rf"{kinds}(?=[ \t]*\{{)"),
        _match(rf"\b(let|amends|as)\b[ \t]+({name})", "statement", "declared"),
    ]


def _places(words: Lexicon) -> list[Rule]:
    """Names that mean something where they stand."""
    name = _name(words)
    choice = rf"({one_of(words.choices)})(?![ \t]*[(:.])"
    return [
        {
            **_all("axis", rf"{name}(?:[ \t]*\.[ \t]*{name})*(?=[ \t]+in\b)"),
            "captures": {"0": {"patterns": [_all("separator", r"\.", "accessor")]}},
        },
        _all("field", rf"{name}(?=[ \t]*:)"),
        _match(rf"(:)[ \t]*{choice}", "separator", "choice"),
        _all("operator", pattern("RANGE"), "range"),
        _match(rf"(\.)[ \t]*({name})", "separator", "member"),
    ]


def _reserved(words: Lexicon) -> list[Rule]:
    return [
        _all("expression", rf"\b{pattern(LOGARITHMIC)}"),
        _all("statement", one_of(words.statements)),
        _all("expression", one_of(words.expressions)),
    ]


def _words(words: Lexicon) -> list[Rule]:
    """The names of the language, then those of the vocabulary by kind, then all others."""
    return [
        _all("function", one_of(words.functions) + r"(?=[ \t]*\()"),
        _all("form", one_of(words.forms) + r"(?=[ \t]*\()"),
        _all("constant", one_of(words.constants)),
        _all("quantity", one_of(words.quantities)),
        _all("word", one_of(words.shared)),
        *(_word(kind, words.only(kind)) for kind in words.words),
        _all("name", pattern("NAME")),
    ]


def _word(kind: str, names: Iterable[str]) -> Rule:
    return _all("word", one_of(names), kind)


def _block(kind: str, own: list[Rule]) -> Rule:
    """A block whose words are of its own kind, where other kinds have words of the same name."""
    inside = ("trivia", "values", "definitions", "places", "reserved")
    return {
        "begin": rf"\b({kind})[ \t]*(\{{)",
        "beginCaptures": {"1": {"name": scope("kind")}, "2": {"name": scope("bracket")}},
        "end": r"\}",
        "endCaptures": {"0": {"name": scope("bracket")}},
        "patterns": [*map(_include, inside), *own, {"include": "$self"}],
    }


def _braces() -> Rule:
    """Braces come in pairs, so that a block's end is its own."""
    named = {"0": {"name": scope("bracket")}}
    return {
        "begin": r"\{",
        "beginCaptures": named,
        "end": r"\}",
        "endCaptures": named,
        "patterns": [{"include": "$self"}],
    }


def _signs() -> list[Rule]:
    escaped = {sign: "\\" + sign for sign in signs()}
    naming = {sign: role for role, all_of in NAMING.items() for sign in all_of}
    others = "|".join(escaped[sign] for sign in signs() if sign not in {*naming, "%"})
    return [
        _all("operator", pattern("COMPARE"), "comparison"),
        _all("operator", rf"{others}|{pattern('TIMES_OVER')}"),
        *(
            _all(role, "|".join(escaped[sign] for sign in signs() if naming.get(sign) == role))
            for role in NAMING
        ),
        _all("unit", "%"),
        _all("bad", r"[^\s]"),
    ]
