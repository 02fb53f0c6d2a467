"""The `ddspec` command itself: how it starts, what it loads, how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ddspec import __version__, pipeline
from ddspec.commands import terminal
from ddspec.commands.group import NAMES
from ddspec.errors import DdspecError

HEAVY = ("torch", "ray", "numpy", "xarray", "rich", "matplotlib", "netCDF4", "mnist1d")
SCRIPT = str(Path(sys.executable).parent / "ddspec")


def loaded_by(code, folder):
    """Which heavy packages a fresh Python has loaded after `code`."""
    probe = f"{code}\nimport json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_check_loads_nothing_heavy(folder):
    code = "from ddspec.commands.group import ddspec\n"
    code += "ddspec(['check', 'tiny.dd', 'wrong.dd'], standalone_mode=False)"
    assert loaded_by(code, folder) == []


def test_the_probe_sees_what_is_loaded(folder):
    assert loaded_by("import numpy", folder) == ["numpy"]


@pytest.mark.parametrize("words", [["--help"], ["words"], ["explain", "sgd"]])
def test_reading_help_loads_nothing_heavy(folder, words):
    code = "from ddspec.commands.group import ddspec\n"
    code += f"try: ddspec({words!r})\nexcept SystemExit: pass"
    assert loaded_by(code, folder) == []


def test_importing_ddspec_loads_nothing_heavy(folder):
    assert loaded_by("import ddspec; ddspec.run, ddspec.load, ddspec.open", folder) == []


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["check", "wrong.dd"], ["chek"]])
def test_the_script_and_the_module_are_one(folder, words):
    ways = ([SCRIPT, *words], [sys.executable, "-m", "ddspec", *words])
    one, other = (subprocess.run(way, cwd=folder, capture_output=True, check=False) for way in ways)
    assert (one.stdout, one.stderr, one.returncode) == (
        other.stdout,
        other.stderr,
        other.returncode,
    )
    assert b"Traceback" not in one.stderr


def test_the_version_is_the_package_s(call):
    assert call("--version").stdout == f"ddspec {__version__}\n"


def test_help_lists_every_command_with_its_purpose(call):
    text = call("--help").stdout
    lines = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line[:2] == "  "}
    assert all(len(lines[name]) > 3 for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(call, name):
    assert call(name, "--help").stdout.startswith(f"Usage: ddspec {name} ")


def test_an_unknown_command_is_wrong_usage_and_names_the_nearest(call):
    result = call("chek")
    assert result.exit_code == 2
    assert "did you mean `ddspec check`?" in result.stderr


@pytest.mark.parametrize("text", ["width", "=3", "width=", "2width=3", "a b=3"])
def test_set_wants_a_name_and_a_value(call, text):
    result = call("check", "tiny.dd", "--set", text)
    assert result.exit_code == 2
    assert "is not of the form NAME=VALUE" in result.stderr


def test_a_mistake_is_a_message_with_help(call, monkeypatch):
    def fail(*_, **__):
        raise DdspecError("no such folder", "make it", "or choose another")

    monkeypatch.setattr(pipeline, "plan", fail)
    result = call("plan", "tiny.dd")
    assert result.exit_code == 1
    assert (
        result.stderr == "error: no such folder\n  = help: make it\n  = help: or choose another\n"
    )


def test_a_defect_of_ours_shows_its_traceback(call, monkeypatch):
    monkeypatch.setattr(pipeline, "plan", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call("plan", "tiny.dd")


def test_color_needs_a_terminal_that_wants_it(monkeypatch):
    class Screen:
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert terminal.paints(Screen())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.paints(Screen())


def test_paint_changes_no_letter():
    text = "error[DD101]: unknown\n  |\n4 | a = b\n  |     ^ here\n  = help: write c\n"
    assert terminal.painted(text) != text
    assert click.unstyle(terminal.painted(text)) == text
