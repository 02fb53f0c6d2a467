"""Text → its pieces with what each is: the one reading that every highlighter follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs

from ddspec.editors.lexicon import LOGARITHMIC, Lexicon
from ddspec.language.layout import CLOSERS
from ddspec.language.pieces import COMMENT, SPACE, pieces_of
from ddspec.language.tokens import BAD, NEWLINE


@attrs.frozen
class Look:
    """What a role is called where colors are chosen.

    scope: of TextMate, without the ending `.dd`. group: of vim, to which ours links. token: of
    Pygments, with dots.
    """

    scope: str
    group: str
    token: str


LOOKS: Final[Mapping[str, Look]] = {
    "comment": Look("comment.line.number-sign", "Comment", "Comment.Single"),
    "string": Look("string.quoted.double", "String", "Literal.String.Double"),
    "digest": Look("constant.other.digest", "Constant", "Literal.Number.Hex"),
    "number": Look("constant.numeric", "Number", "Literal.Number"),
    "unit": Look("keyword.other.unit", "Type", "Keyword.Type"),
    "statement": Look("keyword.control", "Statement", "Keyword"),
    "expression": Look("keyword.operator.word", "Operator", "Operator.Word"),
    "kind": Look("storage.type", "Structure", "Keyword.Declaration"),
    "declared": Look("entity.name.type", "Typedef", "Name.Class"),
    "field": Look("entity.other.attribute-name", "Label", "Name.Attribute"),
    "axis": Look("variable.parameter", "Identifier", "Name.Variable"),
    "member": Look("variable.other.member", "Identifier", "Name.Property"),
    "function": Look("support.function.math", "Function", "Name.Builtin"),
    "form": Look("support.function.form", "PreProc", "Name.Builtin"),
    "word": Look("support.class", "Function", "Name.Function"),
    "constant": Look("constant.language", "Boolean", "Keyword.Constant"),
    "quantity": Look("support.variable", "Special", "Name.Builtin.Pseudo"),
    "choice": Look("support.constant", "Constant", "Name.Constant"),
    "name": Look("variable.other", "Normal", "Name"),
    "bracket": Look("punctuation.section", "Delimiter", "Punctuation"),
    "separator": Look("punctuation.separator", "Delimiter", "Punctuation"),
    "operator": Look("keyword.operator", "Operator", "Operator"),
    "bad": Look("invalid.illegal", "Error", "Error"),
}
PLAIN: Final = {
    "STRING": "string",
    "NUMBER": "number",
    "PERCENT": "unit",
    "DIGEST": "digest",
    LOGARITHMIC: "expression",
    NEWLINE: "",
    BAD: "bad",
}
SEPARATORS: Final = frozenset({":", ",", "."})
MEASURED: Final = frozenset({"NUMBER", "PERCENT", "RBRACE", "RPAR"})  # what a unit may follow
BRACKETS: Final = frozenset({*CLOSERS, *CLOSERS.values()})
Piece = tuple[str, str]
_NOTHING: Final[Piece] = (NEWLINE, "\n")


def roles(text: str, words: Lexicon) -> Iterator[tuple[str, str]]:
    """(role, piece) in order; together the pieces are `text`. White space has no role: ``""``."""
    pieces = list(pieces_of(text))
    solid = [index for index, (kind, _) in enumerate(pieces) if kind not in (SPACE, COMMENT)]
    found = dict(zip(solid, _roles([pieces[index] for index in solid], words), strict=True))
    for index, (kind, piece) in enumerate(pieces):
        yield found.get(index, "comment" if kind == COMMENT else ""), piece


def _roles(pieces: Sequence[Piece], words: Lexicon) -> Iterator[str]:
    axes = set(_axes(pieces))
    earlier = ""
    for index, (kind, piece) in enumerate(pieces):
        before = pieces[index - 1] if index else _NOTHING
        after = pieces[index + 1] if index + 1 < len(pieces) else _NOTHING
        if kind != "NAME":
            earlier = _of_sign(kind, piece, words)
        elif index in axes:
            earlier = "axis"
        elif earlier == "kind" or (before[1] in ("let", "amends", "as") and before[0] != "NAME"):
            earlier = "declared"
        else:
            earlier = _of_name(piece, before, after, words)
        yield earlier


def _axes(pieces: Sequence[Piece]) -> Iterator[int]:
    """Where the names lie that `in` gives values to: of `seed.data in` the first and the third."""
    for index, (kind, _) in enumerate(pieces):
        place = index - 1
        while kind == "IN" and place >= 0 and pieces[place][0] == "NAME":
            yield place
            if place < 2 or pieces[place - 1][0] != "DOT":  # noqa: PLR2004 (a dot and a name)
                break
            place -= 2


def _of_sign(kind: str, piece: str, words: Lexicon) -> str:
    """The role of what is no name."""
    if piece in words.statements:
        return "statement"
    if piece in words.expressions:
        return "expression"
    if kind in BRACKETS:
        return "bracket"
    return PLAIN.get(kind, "separator" if piece in SEPARATORS else "operator")


def _of_name(name: str, before: Piece, after: Piece, words: Lexicon) -> str:
    """The role of a name between two pieces."""
    if after[1] == ":":
        return "field"
    if before[1] == ".":
        return "member"
    if name in words.units and before[0] in MEASURED:
        return "unit"
    if after[0] in ("NAME", "LBRACE") and name in (*words.kinds, *words.blocks):
        return "kind"
    return _by_itself(name, words, called=after[1] == "(", given=before[1] == ":")


def _by_itself(name: str, words: Lexicon, *, called: bool, given: bool) -> str:
    """The role of a name that brackets may follow, or that an argument is given."""
    named = {
        "function": words.functions if called else (),
        "form": words.forms if called else (),
        "constant": words.constants,
        "quantity": words.quantities,
        "word": words.vocabulary,
        "choice": words.choices if given and not called else (),
    }
    return next((role for role, names in named.items() if name in names), "name")
