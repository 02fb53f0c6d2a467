from pathlib import Path

import pytest

from ddspec.language.grammar import tables
from ddspec.language.tokens import BAD, NEWLINE, read_tokens

FILES = sorted((Path(__file__).parent / "files").glob("*.dd"))


def kinds(text: str) -> list[str]:
    return [token.type for token in read_tokens(text)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_scan_gives_the_tokens_of_larks_lexer(path: Path):
    text = path.read_text(encoding="utf-8")
    ours = [(token.type, token.start_pos, token.end_pos, token.line) for token in read_tokens(text)]
    theirs = [(each.type, each.start_pos, each.end_pos, each.line) for each in tables().lex(text)]
    assert ours == theirs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1..64", "NUMBER RANGE NUMBER"),
        ("1.5..<2e-3", "NUMBER RANGE NUMBER"),
        ("1_000 samples", "NUMBER NAME"),
        ("log 1", "_LOG NUMBER"),
        ("log(1)", "NAME LPAR NUMBER RPAR"),
        ("logs island bypass", "NAME NAME NAME"),
        ("a<=b", "NAME COMPARE NAME"),
        ("sha256:0af", "DIGEST"),
        ("a  # comment", "NAME"),
        ("a # c\n\n  # d\n b", "NAME _NL NAME"),
        ("\ufeffdd 1", "DD NUMBER"),
        ("dd 1\r\nlet\r\n", "DD NUMBER _NL LET _NL"),
        ('"a\\"b"', "STRING"),
    ],
)
def test_text_is_cut_into_tokens(text: str, expected: str):
    assert kinds(text) == expected.split()


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("a @@ b", "@@"),
        ("a ; b", ";"),
        ('use "lib.dd\nlet', '"lib.dd'),
        ('use "lib.dd\r\nlet', '"lib.dd'),
        ("loss: 'mse' x", "'mse'"),
        ("a \x00 b", "\x00"),
        ("a\u00a0b", "\u00a0"),
        ("a 🚀 b", "🚀"),
    ],
)
def test_what_no_terminal_matches_is_one_bad_token(text: str, bad: str):
    assert [token for token in read_tokens(text) if token.type == BAD] == [bad]


def test_tokens_and_what_lies_between_make_up_the_text():
    text = "dd 1\n\tlet grid = λ # c\r\n\n  width in {1, 2} @ 'x\n"
    place = 0
    for token in read_tokens(text):
        assert text[place : token.start_pos].strip(" \t\r") == ""
        assert text[token.start_pos : token.end_pos] == token
        place = token.end_pos


def test_lines_and_columns_count_from_one():
    [_, _, _, width, *_] = tokens = read_tokens("dd 1\n\n  width in 1\n")
    assert (width.line, width.column) == (3, 3)
    assert tokens[-1].type == NEWLINE
