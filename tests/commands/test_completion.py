"""Completion: what a shell is told, as it asks."""

import os
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete

from ddspec.commands.completion import SHELLS, VARIABLE
from ddspec.commands.group import NAMES, ddspec
from tests.commands.test_group import loaded_by


def completed(*words):
    """What the last of some words can become: texts, or `file` and `dir` for the shell to find."""
    asked = ShellComplete(ddspec, {}, "ddspec", VARIABLE)
    *before, begun = words
    return [
        item.value if item.type == "plain" else item.type
        for item in asked.get_completions(list(before), begun)
    ]


def test_commands_are_completed():
    assert completed("") == list(NAMES)
    assert completed("sh") == ["show"]


def test_options_are_completed():
    assert "--resolved" in completed("show", "--re")
    assert completed("check", "--format", "js") == ["json"]


@pytest.mark.parametrize(
    "words", [("check", "a.dd", ""), ("plan", ""), ("run", "sp"), ("new", ""), ("diff", "a", "b")]
)
def test_files_are_left_to_the_shell(words):
    assert completed(*words) == ["file"]


@pytest.mark.parametrize(
    "words", [("watch", "ru"), ("merge", "out", ""), ("run", "x", "--out", "")]
)
def test_folders_are_left_to_the_shell(words):
    assert completed(*words) == ["dir"]


def test_words_and_codes_are_completed():
    assert completed("explain", "drop") == ["dropout"]
    assert "DD101" in completed("explain", "DD1")
    assert completed("words", "reg") == ["regularizer"]


def test_options_of_new_are_completed_to_words_of_their_kind():
    assert completed("new", "x.dd", "--dataset", "mnist") == ["mnist", "mnist1d"]
    assert completed("new", "x.dd", "--regularizers", "l2,drop") == ["l2,dropout"]


def test_what_follows_no_command_is_no_traceback():
    assert completed("chek", "--fo") == []


def test_completing_loads_nothing_heavy(folder):
    code = "from tests.commands.test_completion import completed\nfor w in ('', 'c'): completed(w)"
    root = os.fspath(__import__("pathlib").Path(__file__).parent.parent.parent)
    assert loaded_by(f"import sys; sys.path.insert(0, {root!r})\n{code}", folder) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_asks_ddspec(call, shell):
    text = call("completion", shell).stdout
    assert f"{VARIABLE}={shell}_complete" in text


def test_bash_reads_the_script(call, folder):
    (folder / "it.sh").write_text(call("completion", "bash").stdout)
    done = subprocess.run(
        ["bash", "-c", ". ./it.sh && complete -p ddspec"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("complete -o nosort -F _ddspec_completion")


def test_a_shell_is_answered(folder):
    asked = os.environ | {"COMP_WORDS": "ddspec sh", "COMP_CWORD": "1", VARIABLE: "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-m", "ddspec"], env=asked, capture_output=True, text=True, check=False
    )
    assert done.stdout == "plain,show\n"


def test_an_unknown_shell_is_wrong_usage(call):
    assert call("completion", "tcsh").exit_code == 2
