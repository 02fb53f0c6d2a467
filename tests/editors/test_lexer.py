"""The Pygments lexer: found by name, and without errors on every spec."""

import tomllib
from importlib.metadata import EntryPoint

import pytest
from pygments import highlight, lexers
from pygments.formatters import HtmlFormatter, LatexFormatter
from pygments.token import Error, Token

from ddspec.editors import lexer
from ddspec.editors.lexer import DdLexer
from ddspec.errors import DdspecError
from tests.editors.read import DAMAGED, FORMS, ROOT, texts

POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]


def test_the_entry_point_is_the_lexer():
    ((name, value),) = POINTS["pygments.lexers"].items()
    assert EntryPoint(name, value, "pygments.lexers").load() is DdLexer


def test_pygments_finds_it_by_name_file_and_text():
    assert lexers.get_lexer_by_name("dd").name == "ddspec"
    assert lexers.get_lexer_for_filename("mine.dd").name == "ddspec"
    assert lexers.guess_lexer(FORMS).name == "ddspec"
    assert DdLexer.analyse_text("def f(): pass") == 0


def test_no_spec_has_an_error():
    made = DdLexer()
    for name, text in texts().items():
        found = list(made.get_tokens_unprocessed(text))
        assert "".join(piece for _, _, piece in found) == text
        assert not [piece for _, token, piece in found if token is Error], name
        assert all(text.startswith(piece, place) for place, _, piece in found)


def test_what_is_no_token_is_an_error():
    errors = [piece for token, piece in DdLexer().get_tokens(DAMAGED) if token is Error]
    assert errors == ["$", "'abc", '"open', "§§", "~"]


@pytest.mark.parametrize("formatter", [HtmlFormatter(), LatexFormatter()])
def test_specs_can_be_formatted(formatter):
    assert "mlp" in highlight(FORMS, DdLexer(), formatter)


def test_a_plugin_that_fails_costs_its_colors_only(monkeypatch):
    whole = lexer.lexicon

    def failing(*, vocabulary=True):
        if vocabulary:
            raise DdspecError("the plug-in mine cannot be loaded")
        return whole(vocabulary=False)

    monkeypatch.setattr(lexer, "lexicon", failing)
    found = {piece: token for token, piece in DdLexer().get_tokens("x: mlp(1)")}
    assert found["mlp"] is Token.Name
    assert found["1"] is Token.Literal.Number
