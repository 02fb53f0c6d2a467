"""A state of the parser → the sentence that says what was expected there, with an example.

Every state in which a token can arrive has one; a test goes through the tables and fails when a
change of the grammar makes a state without a sentence.
"""

from __future__ import annotations

import attrs

_VALUE = {"LBRACE", "LPAR", "LSQB", "MINUS", "NAME", "NUMBER", "STRING"}
_TERM = _VALUE | {"_LOG"}
_CONDITION = _TERM | {"NOT"}
_EXPRESSION = _CONDITION | {"IF"}
_STATEMENT = {"DD", "EXCEPT", "LET", "NAME", "USE", "WHEN", "WHERE", "ZIP"}
_IN_ARGUMENT = {
    *("AND", "CIRCUMFLEX", "COMMA", "COMPARE", "DOT", "HAS", "IS", "LPAR", "MINUS", "OR", "PLUS"),
    *("QMARK", "RANGE", "RPAR", "TIMES_OVER", "VBAR", "WITH"),
}
_AFTER_VALUE = _IN_ARGUMENT | {
    *("$END", "BY", "ELSE", "LBRACE", "POINTS", "RBRACE", "RSQB", "THEN", "_NL"),
}


@attrs.frozen
class Sentence:
    """What was expected, in words that follow `expected`, and what is said beside the mark."""

    expected: str
    hint: str


def _like(expected: str, example: str) -> Sentence:
    return Sentence(expected, f"for example `{example}`")


# States told apart by what they expect alone.
BY_EXPECTED: dict[frozenset[str], Sentence] = {
    frozenset(expected): sentence
    for expected, sentence in (
        ({"EQUAL"}, _like("`=` and a value", "let grid = log 1e-6..1e3 points 37")),
        ({"LBRACE"}, _like("`{`", "zip {` or `recipe with {")),
        ({"NUMBER"}, _like("the number of the edition", "dd 1")),
        ({"STRING"}, _like("the path of a file in quotes", 'use "lib/cifar.dd" as cifar')),
        (
            {"COMMA", "RPAR"},
            Sentence("`,` or `)`", "parameters are names; a setting has `:` after its name"),
        ),
        (
            {"NAME", "RPAR"},
            Sentence("a parameter", "parameters are names; a setting has `:` after its name"),
        ),
        ({"DOT", "LBRACE"}, _like("`{`", "experiment longer amends base {")),
        ({"$END", "RBRACE", "_NL"}, Sentence("a new line", "one statement to a line")),
        (
            {"AMENDS", "EQUAL", "LBRACE"},
            _like("`=` or `{`", "architecture net(depth) = mlp(hidden: [depth])"),
        ),
        (
            {"$END", "DIGEST", "RBRACE", "_NL"},
            _like("a new line or a digest", 'use "lib.dd" as lib sha256:9f86d081'),
        ),
        (
            {"$END", "AS", "DIGEST", "RBRACE", "_NL"},
            _like("`as` or a new line", 'use "lib.dd" as lib'),
        ),
        (
            {"AMENDS", "EQUAL", "LBRACE", "LPAR"},
            Sentence("`=` or `{`", "or `:` between the two names, if this is a setting"),
        ),
        (
            {"AMENDS", "COLON", "DOT", "IN", "LBRACE", "NAME"},
            _like("`:`, `in`, `{` or a name", "batch: 64 samples` or `width in 1..64"),
        ),
        ({"$END", *_STATEMENT}, _like("a statement", "dataset digits = mnist1d()")),
        ({"$END", "_NL", *_STATEMENT}, _like("a statement", "dd 1")),
        ({"$END", "RBRACE", *_STATEMENT}, _like("a statement", "width in 1..64")),
        ({"RBRACE", *_STATEMENT}, _like("a statement or `}`", "batch: 64 samples")),
        ({"RBRACE", "_NL", *_STATEMENT}, _like("a statement or `}`", "batch: 64 samples")),
        (
            {"COLON", *_IN_ARGUMENT},
            _like("`:` and a value, `,` or `)`", "sgd(lr: 0.1, momentum: 0.9)"),
        ),
    )
}

# States that expect a value or a name: the token before tells which.
BY_LAST: dict[tuple[str, frozenset[str]], Sentence] = {
    (last, frozenset(expected)): sentence
    for last, expected, sentence in (
        ("_NL", _EXPRESSION, _like("a value", "log 1..256 points 25")),
        ("AMENDS", {"NAME"}, _like("the name of a block", "experiment longer amends base {")),
        ("AS", {"NAME"}, _like("a name", 'use "lib/cifar.dd" as cifar')),
        ("COMMA", {"NAME"}, _like("a parameter", "architecture net(depth, width) = ...")),
        ("DOT", {"NAME"}, _like("a name", "seed.data in 0..<20")),
        ("LET", {"NAME"}, _like("a name", "let grid = log 1e-6..1e3 points 37")),
        ("BY", _VALUE, _like("a step", "by 10")),
        ("POINTS", _VALUE, _like("a number of points", "points 25")),
        ("RANGE", _VALUE, _like("the upper end of the range", "1..256")),
        ("_LOG", _VALUE, _like("the lower end of the range", "log 1..256 points 25")),
        ("CIRCUMFLEX", _VALUE, _like("an exponent", "width^2")),
        ("MINUS", _VALUE, _like("a value", "-1")),
        ("MINUS", _TERM, _like("a value", "samples - 100")),
        ("PLUS", _TERM, _like("a value", "l2(1e-4) + dropout(20%)")),
        ("TIMES_OVER", _TERM, _like("a value", "0.1 / sqrt(width)")),
        ("VBAR", _TERM, _like("an alternative", "none | l2(1e-4)")),
        ("COMPARE", _TERM, _like("a value to compare with", "samples < 4_000")),
        ("HAS", _TERM, _like("the name of a regularizer", "reg has dropout")),
        ("IS", _TERM, _like("a value", "reg is none")),
        ("AND", _CONDITION, _like("a condition", "reg is none and width > 64")),
        ("OR", _CONDITION, _like("a condition", "reg is none or width > 64")),
        ("NOT", _CONDITION, _like("a condition", "not reg has dropout")),
        ("COLON", _EXPRESSION, _like("a value", "momentum: 0.9")),
        ("EQUAL", _EXPRESSION, _like("a value", "let noise = 15%")),
        ("IN", _EXPRESSION, _like("the values of the axis", "width in log 1..256 points 25")),
        ("IF", _EXPRESSION, _like("a condition", "if width > 64 then 0.01 else 0.1")),
        ("THEN", _EXPRESSION, _like("a value", "if width > 64 then 0.01 else 0.1")),
        ("ELSE", _EXPRESSION, _like("a value", "if width > 64 then 0.01 else 0.1")),
        ("WHEN", _EXPRESSION, _like("a condition", "when optimizer is adam {")),
        ("WHERE", _EXPRESSION, _like("a condition", "where parameters <= 2 * samples")),
        ("EXCEPT", _EXPRESSION, _like("a condition", "except reg is none")),
        ("LPAR", _EXPRESSION, _like("a value", "2 * (width + 1)")),
        ("LPAR", _EXPRESSION | {"RPAR"}, _like("an argument or `)`", "sgd(lr: 0.1)")),
        (
            "COMMA",
            _EXPRESSION | {"RPAR"},
            _like("an argument or `)`", "sgd(lr: 0.1, momentum: 0.9)"),
        ),
        ("LSQB", _EXPRESSION | {"RSQB"}, _like("a value or `]`", "[width, width]")),
        ("LBRACE", _EXPRESSION | {"RBRACE"}, _like("a value or `}`", "{1_000, 4_000} samples")),
        ("COMMA", _EXPRESSION | {"RBRACE", "RSQB"}, _like("a value", "{1_000, 4_000} samples")),
    )
}

# States after which a value, or a dotted name, may be complete: what may follow depends on what it
# stands in, so the first of these whose kinds are accepted speaks.
OPEN_ENDED = frozenset(
    {
        frozenset({"DOT", "IN", "LBRACE"}),
        frozenset(_AFTER_VALUE),
        frozenset(_AFTER_VALUE | {"NAME"}),
        frozenset(_AFTER_VALUE | {"NAME", "PERCENT"}),
    }
)
BY_NEXT: tuple[tuple[frozenset[str], Sentence], ...] = tuple(
    (frozenset(kinds), sentence)
    for kinds, sentence in (
        ({"COMMA", "RPAR"}, _like("`,` or `)`", "sgd(lr: 0.1, momentum: 0.9)")),
        ({"COMMA", "RSQB"}, _like("`,` or `]`", "[width, width]")),
        ({"COMMA", "RBRACE"}, _like("`,` or `}`", "{1_000, 4_000}")),
        ({"BY", "POINTS"}, _like("`by`, `points` or a new line", "log 1..256 points 25")),
        ({"POINTS", "_NL"}, _like("`points` or a new line", "log 1..256 points 25")),
        ({"RPAR"}, _like("`)`", "2 * (width + 1)")),
        ({"IN"}, _like("`in` and the values of the axis", "seed.data in 0..<20")),
        ({"LBRACE"}, _like("`{`", "when reg has dropout {")),
        ({"THEN"}, _like("`then` and a value", "if width > 64 then 0.01 else 0.1")),
        ({"ELSE"}, _like("`else` and a value", "if width > 64 then 0.01 else 0.1")),
        ({"_NL"}, Sentence("a new line", "one statement to a line")),
        ({"$END"}, Sentence("an operator", "the value is complete before this")),
        ({"RANGE"}, _like("`..` and the upper end of the range", "log 1..256 points 25")),
        (set[str](), Sentence("something else", "this does not fit here")),
    )
)


def sentence(last: str, expected: frozenset[str], accepted: frozenset[str]) -> Sentence:
    """The sentence for a state that lists `expected`, reached by a token of the kind `last`.

    `accepted` are the kinds that fit at this very place. Raises LookupError for an unknown state.
    """
    if expected in OPEN_ENDED:
        return next(sentence for kinds, sentence in BY_NEXT if kinds <= accepted)
    return BY_EXPECTED.get(expected) or BY_LAST[last, expected]
