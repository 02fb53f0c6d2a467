"""What each piece of a spec is, which every highlighter follows."""

import pytest

from ddspec.editors.lexicon import lexicon, signs
from ddspec.editors.roles import LOOKS, roles
from ddspec.language.tokens import scanner
from ddspec.vocabulary import registry
from tests.editors.read import DAMAGED, FORMS, WORDS, texts

PROBES = [
    ("dd 1", {"dd": "statement", "1": "number"}),
    ("dataset d = mnist1d()", {"dataset": "kind", "d": "declared", "mnist1d": "word"}),
    ("dataset: d", {"dataset": "field", "d": "name"}),
    ("loss: cross_entropy", {"loss": "field", "cross_entropy": "word"}),
    ("samples in sizes", {"samples": "axis", "sizes": "name", "in": "statement"}),
    ("n: {1, 2} samples", {"samples": "unit"}),
    ("batch: 100 samples", {"samples": "unit"}),
    ("n: 2 * samples", {"samples": "name"}),
    ("seed.data in 0..<3", {"seed": "axis", "data": "axis", "..<": "operator"}),
    ("train: cifar.train", {"cifar": "name", ".": "separator", "train": "member"}),
    ("x: log 1..2 points 3", {"log": "expression", "points": "expression"}),
    ("x: log(2)", {"log": "function"}),
    ("x: subsets(a + b)", {"subsets": "form", "+": "operator"}),
    ("x: none", {"none": "constant"}),
    ("x: 15%", {"15": "number", "%": "unit"}),
    ("activation: relu", {"relu": "choice"}),
    ("x: y + relu", {"relu": "name"}),
    ("experiment b amends a {", {"b": "declared", "amends": "statement", "a": "declared"}),
    ("sweep {", {"sweep": "kind", "{": "bracket"}),
    ("until: train_error <= 0%", {"train_error": "quantity", "<=": "operator"}),
    ('use "a.dd" sha256:0af1', {'"a.dd"': "string", "sha256:0af1": "digest"}),
]


@pytest.mark.parametrize(("text", "wanted"), PROBES, ids=[text for text, _ in PROBES])
def test_a_piece_is_what_it_means_where_it_stands(text, wanted):
    found = {piece: role for role, piece in roles(text, WORDS)}
    assert {piece: found.get(piece) for piece in wanted} == wanted


@pytest.mark.parametrize("text", [FORMS, DAMAGED, "\ufeffdd 1\r\n\r\n# c", "", "# only"])
def test_the_pieces_are_all_of_the_text(text):
    assert "".join(piece for _, piece in roles(text, WORDS)) == text


def test_only_white_space_has_no_role():
    plain = {piece for role, piece in roles(FORMS + DAMAGED, WORDS) if not role}
    assert all(piece.isspace() for piece in plain)
    assert {role for role, _ in roles(FORMS + DAMAGED, WORDS)} == {"", *LOOKS}


def test_no_spec_has_a_bad_piece():
    bad = {name: [p for r, p in roles(text, WORDS) if r == "bad"] for name, text in texts().items()}
    assert not {name: pieces for name, pieces in bad.items() if pieces}
    assert len(bad) > 25


def test_every_reserved_word_is_of_a_statement_or_an_expression():
    assert {*WORDS.statements, *WORDS.expressions} == set(scanner().words)
    assert not set(WORDS.statements) & set(WORDS.expressions)
    assert {"let", "in", "amends"} <= set(WORDS.statements)
    assert {"if", "with", "points"} <= set(WORDS.expressions)


def test_the_lexicon_has_every_word_and_sign():
    assert {kind: registry.names(kind) for kind in registry.FOLDERS} == WORDS.words
    assert WORDS.vocabulary.isdisjoint(WORDS.choices)
    assert {"{", "%", "^"} <= set(signs())
    assert not lexicon(vocabulary=False).vocabulary
