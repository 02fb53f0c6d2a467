"""`ddspec fmt`."""

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from ddspec.commands import sources
from ddspec.commands.group import ddspec
from ddspec.language.formatting import format_text
from ddspec.spec.reading import LARGEST

UGLY = "dd 1\nlet a=1   # größer\nlet bcd = 2"
NEAT = "dd 1\nlet a   = 1  # größer\nlet bcd = 2\n"


@pytest.fixture
def ugly(folder):
    (folder / "ugly.dd").write_text(UGLY, encoding="utf-8")
    (folder / "neat.dd").write_text(NEAT, encoding="utf-8")
    return folder / "ugly.dd"


def piped(given, *words):
    """What `ddspec fmt -` does with `given` on standard input."""
    return CliRunner().invoke(ddspec, ["fmt", "-", *words], input=given)


def test_files_are_formatted_where_they_lie(call, ugly):
    before = Path("neat.dd").stat()
    result = call("fmt", "ugly.dd", "neat.dd")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "formatted ugly.dd\n1 file formatted, 1 unchanged\n"
    assert ugly.read_bytes() == NEAT.encode()
    after = Path("neat.dd").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sorted(map(str, Path().iterdir())) == ["neat.dd", "tiny.dd", "ugly.dd", "wrong.dd"]


def test_check_names_the_files_that_would_change(call, ugly):
    result = call("fmt", "--check", "neat.dd", "ugly.dd")
    assert result.exit_code == 1
    assert result.stdout == "ugly.dd would change\n1 file would change, 1 unchanged\n"
    assert ugly.read_text() == UGLY
    assert call("fmt", "--check", "neat.dd").exit_code == 0


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_diff_can_be_applied(call, ugly, ends):
    ugly.write_bytes(UGLY.replace("\n", ends).encode())
    result = call("fmt", "--diff", "ugly.dd", "neat.dd")
    assert result.exit_code == 0
    assert result.stdout.startswith("--- ugly.dd\n+++ ugly.dd\n@@ -1,3 +1,3 @@\n")
    assert ugly.read_bytes() == UGLY.replace("\n", ends).encode()
    apply = ["git", "apply", "-p0", "--whitespace=nowarn"]
    subprocess.run(apply, input=result.stdout_bytes, check=True, cwd=ugly.parent)
    assert ugly.read_bytes() == NEAT.encode()


def test_diff_and_check_go_together(call, ugly):
    result = call("fmt", "--diff", "--check", "ugly.dd")
    assert result.exit_code == 1
    assert "would change" not in result.stdout


def test_standard_input_is_printed():
    result = piped(UGLY.encode())
    assert (result.exit_code, result.stdout_bytes, result.stderr) == (0, NEAT.encode(), "")
    result = piped(UGLY.encode(), "--check")
    assert (result.exit_code, result.stdout) == (1, "<stdin> would change\n")
    assert piped(NEAT.encode(), "--check").exit_code == 0
    assert "--- <stdin>" in piped(UGLY.encode(), "--diff").stdout


def test_standard_input_with_mistakes_prints_them_only():
    result = piped(b"dd 1\nlet a = {1\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "this `{` is never closed" in result.stderr
    assert "<stdin>:2:9" in result.stderr


def test_standard_input_stands_alone(call):
    assert call("fmt", "-", "tiny.dd").exit_code == 2


def test_a_file_that_cannot_be_read_is_left_and_the_others_are_formatted(call, ugly):
    (ugly.parent / "open.dd").write_text("dd 1\nlet   a = (1\n")
    (ugly.parent / "latin.dd").write_bytes("dd 1\nlet größe=1\n".encode("latin-1"))
    (ugly.parent / "long.dd").write_text("dd 1\n" + "#" * LARGEST)
    result = call("fmt", "open.dd", "latin.dd", "none.dd", "long.dd", ".", "ugly.dd")
    assert result.exit_code == 1
    assert result.stdout == "formatted ugly.dd\n"
    assert "this `(` is never closed" in result.stderr
    assert "latin.dd is not UTF-8 text (byte 11)" in result.stderr
    assert "cannot read none.dd: No such file or directory" in result.stderr
    assert "long.dd is longer than 131,072 characters" in result.stderr
    assert "cannot read .: Is a directory" in result.stderr
    assert (ugly.parent / "open.dd").read_text() == "dd 1\nlet   a = (1\n"


def test_a_link_stays_a_link_and_a_mode_a_mode(call, ugly):
    ugly.chmod(0o640)
    link = ugly.parent / "deep" / "link.dd"
    link.parent.mkdir()
    link.symlink_to("../ugly.dd")
    assert call("fmt", "deep/link.dd").exit_code == 0
    assert str(link.readlink()) == "../ugly.dd"
    assert ugly.read_text() == NEAT
    assert ugly.stat().st_mode & 0o7777 == 0o640


def test_a_write_that_fails_leaves_the_file_whole(call, ugly, monkeypatch):
    def fail(self, to):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    result = call("fmt", "ugly.dd")
    assert result.exit_code == 1
    assert result.stderr == "error: cannot write ugly.dd: No space left on device\n"
    assert ugly.read_text() == UGLY
    assert sorted(map(str, Path().iterdir())) == ["neat.dd", "tiny.dd", "ugly.dd", "wrong.dd"]


def test_a_file_is_whole_before_it_takes_the_place_of_another(ugly, monkeypatch):
    seen = []
    monkeypatch.setattr(Path, "replace", lambda self, to: seen.append(self.read_text()))
    sources.replace_source(str(ugly), NEAT)
    assert seen == [NEAT]


def test_what_may_not_be_written_is_refused(call, ugly, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    result = call("fmt", "ugly.dd")
    assert (result.exit_code, ugly.read_text()) == (1, UGLY)
    assert result.stderr == "error: cannot write ugly.dd: it is read-only\n"


def test_a_pipe_is_not_replaced(ugly):
    os.mkfifo("pipe.dd")
    with pytest.raises(Exception, match="no regular file"):
        sources.replace_source("pipe.dd", NEAT)


def test_formatting_leaves_a_spec_its_cells(call, folder):
    before = call("check", "tiny.dd").stdout
    (folder / "tiny.dd").write_text((folder / "tiny.dd").read_text().replace(" in ", "   in\t"))
    assert call("fmt", "tiny.dd").exit_code == 0
    assert call("check", "tiny.dd").stdout == before
    assert format_text((folder / "tiny.dd").read_text()) == (folder / "tiny.dd").read_text()
