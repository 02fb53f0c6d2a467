"""The vim plugin, in vim itself: colors as the language reads a spec, indentation, `:make`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ddspec.editors import vim as made
from ddspec.editors.roles import LOOKS
from ddspec.errors import DdspecError
from tests.editors.read import DAMAGED, EDITORS, FORMS, disagreements, texts

PLUGIN = EDITORS / "vim"
TEXTS = {**texts(), "damaged": DAMAGED}
needs_vim = pytest.mark.skipif(not shutil.which("vim"), reason="needs vim")
SMALL = """\
experiment e {
dataset: mnist1d(
samples: 4, # a comment with {
test: "{"
)
sweep {
n in {1, 2}
}
}
"""
PROBLEMS = """\
error[DD108]: experiment `x` has no `train`
 --> some folder/a.dd:3:5
  |
3 | experiment x { }
  = help: for example
warning[DD519]: few seeds
 --> b.dd:17:2
2 errors in a.dd
"""


def vim(script, *files, **environment):
    """Call vim with this plugin, nothing of the user's, and a script."""
    words = ["vim", "-n", "-N", "-u", "NONE", "-i", "NONE", "-es"]
    words += ["--cmd", f"set runtimepath^={PLUGIN}", "-S", str(script), *map(str, files)]
    env = {**os.environ, "TERM": "dumb", **{k: str(v) for k, v in environment.items()}}
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run(tmp_path, script, text):
    """What a script leaves in the file, begun with `text`."""
    file = tmp_path / "a.dd"
    file.write_text(text)
    (tmp_path / "script.vim").write_text(
        f"set encoding=utf-8\nfiletype plugin indent on\nsyntax on\nedit!\n{script}\nqall!\n"
    )
    vim(tmp_path / "script.vim", file)
    return file.read_text()


@needs_vim
def test_every_piece_of_every_spec_has_the_group_of_its_role(tmp_path):
    files = []
    for place, text in enumerate(TEXTS.values()):
        files.append(tmp_path / f"{place}.dd")
        files[-1].write_text(text)
    vim(Path(__file__).parent / "scan.vim", *files, GROUPS=tmp_path / "groups")
    groups = {}
    for line in (tmp_path / "groups").read_text().splitlines():
        file, row, column, group = line.split("\t")
        groups[int(file), int(row), int(column)] = group
    assert len(groups) > 20_000
    for file, (name, text) in enumerate(TEXTS.items()):
        assert not disagreements(text, shown(file, text, groups)), name


def shown(file, text, groups):
    def look(role, place):
        start = text.rfind("\n", 0, place) + 1
        row, column = text.count("\n", 0, place) + 1, len(text[start:place].encode()) + 1
        group = groups[file, row, column].replace("ddDot", "ddSeparator")
        return group.startswith(made.group(role)), group

    return look


@needs_vim
def test_every_group_has_a_color(tmp_path):
    roles = "['" + "','".join(map(made.group, LOOKS)) + "']"
    missing = f"filter({roles}, 'synIDtrans(hlID(v:val)) == hlID(v:val)')"
    assert run(tmp_path, f"call writefile({missing}, expand('%'))", "dd 1\n") == ""


@needs_vim
def test_lines_are_indented_by_their_brackets(tmp_path):
    flat = "\n".join(line.strip() for line in FORMS.splitlines()[:4]) + "\n" + SMALL
    found = run(tmp_path, "normal gg=G\nwrite", flat)
    depth = [len(line) - len(line.lstrip()) for line in found.splitlines()[4:]]
    assert depth == [0, 2, 4, 4, 2, 2, 4, 2, 0]


@needs_vim
def test_make_reads_the_problems_of_check(tmp_path):
    (tmp_path / "problems").write_text(PROBLEMS)
    script = f"""\
cgetfile {tmp_path}/problems
let s:all = filter(getqflist(), 'v:val.valid')
let s:said = map(s:all, 'join([bufname(v:val.bufnr), v:val.lnum, v:val.col, v:val.type], ":")')
call writefile(s:said, expand('%:p'))"""
    found = run(tmp_path, script, "dd 1\n").splitlines()
    assert found == ["some folder/a.dd:3:5:E", "b.dd:17:2:W"]


@needs_vim
def test_comments_and_the_formatter_are_set(tmp_path):
    script = "call writefile([&commentstring, &formatprg, &makeprg], expand('%'))"
    assert run(tmp_path, script, "dd 1\n").splitlines() == [
        "# %s",
        "ddspec fmt -",
        "ddspec check %:S",
    ]


def test_a_pattern_that_vim_reads_otherwise_is_refused(monkeypatch):
    monkeypatch.setattr(made, "pattern", lambda _: r"[0-9]+(?!x)")
    with pytest.raises(DdspecError, match="pattern of NUMBER"):
        made.translated("NUMBER")
