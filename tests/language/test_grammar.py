import os
import pickle
import re
from pathlib import Path

import pytest

from ddspec.language import grammar
from ddspec.language.grammar import build, grammar_path, tables
from ddspec.language.parser import parse, parse_expression
from tests.language.strategies import RESERVED


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The cache folder of a user who has none yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tables.cache_clear()
    yield tmp_path / "ddspec"
    tables.cache_clear()


def reads(text: str) -> bool:
    return bool(tables().parse(text, start="expr"))


def test_the_grammar_has_no_conflicts_and_no_colliding_terminals():
    assert build(grammar_path().read_text(encoding="utf-8"), strict=True).rules


def test_the_reserved_words_are_those_the_grammar_names():
    patterns = {terminal.pattern.value for terminal in tables().terminals}
    assert {text for text in patterns if text.isidentifier()} == RESERVED - {"log"}
    listed = grammar_path().read_text(encoding="utf-8").split("quotes above (`")[1]
    assert set(listed.split("`)")[0].replace("//", " ").split()) == RESERVED


def examples() -> list[str]:
    """What the grammar's comments show, indented, as right text."""
    lines = grammar_path().read_text(encoding="utf-8").splitlines()
    shown = (line.removeprefix("//     ") for line in lines if line.startswith("//     "))
    return [re.split(" {3,}", text)[0] for text in shown if "..." not in text]


@pytest.mark.parametrize("example", examples())
def test_the_examples_in_the_grammar_are_right(example: str):
    statement = parse(f"dd 1\n{example}", "a")[1] == ()
    assert statement or parse_expression(example, "a")[1] == () or parse(example, "a")[1] == ()


def test_tables_are_kept_in_a_folder_of_the_user_alone(cache: Path):
    assert reads("1")
    [file] = cache.iterdir()
    assert cache.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o077 == 0


def test_kept_tables_are_used_the_next_time(cache: Path, monkeypatch: pytest.MonkeyPatch):
    tables()
    tables.cache_clear()
    monkeypatch.setattr(grammar, "build", lambda _: pytest.fail("built again"))
    assert reads("a + b")


def test_a_damaged_cache_file_is_made_anew(cache: Path):
    tables()
    [file] = cache.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    tables.cache_clear()
    assert reads("1..2")
    assert file.stat().st_size > 10_000


class Trap:
    """What touches a file when it is unpickled."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def test_a_cache_file_is_never_unpickled(cache: Path):
    tables()
    [file] = cache.iterdir()
    file.write_bytes(pickle.dumps(Trap(cache.parent / "mark")))
    tables.cache_clear()
    assert reads("1")
    assert not (cache.parent / "mark").exists()


@pytest.mark.parametrize(("mode", "built"), [(0o600, 0), (0o666, 1), (0o620, 1)])
def test_a_cache_file_that_others_may_write_is_not_read(
    cache: Path, mode: int, built: int, monkeypatch
):
    tables()
    [file] = cache.iterdir()
    file.chmod(mode)
    tables.cache_clear()
    made = []
    build = grammar.build
    monkeypatch.setattr(grammar, "build", lambda text: made.append(1) or build(text))
    assert reads("1")
    assert len(made) == built


def test_a_cache_folder_that_others_may_write_is_left_alone(cache: Path):
    cache.mkdir()
    cache.chmod(0o777)
    assert reads("1")
    assert list(cache.iterdir()) == []


def test_without_a_place_for_a_cache_the_grammar_is_built(tmp_path: Path, cache: Path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert reads("1")


@pytest.mark.skipif(os.name != "posix", reason="needs a home folder by variable")
def test_without_xdg_the_cache_lies_in_the_home_folder(tmp_path: Path, cache: Path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert reads("1")
    assert list((tmp_path / "home" / ".cache" / "ddspec").iterdir())
