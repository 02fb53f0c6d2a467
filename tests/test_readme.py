"""The README: what it prints works as printed."""

import re
import subprocess
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from click.testing import CliRunner

from ddspec import pipeline
from ddspec.commands.group import NAMES, ddspec
from ddspec.notebook.options import command_for as magic_command
from ddspec.vocabulary import registry

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
SETUP = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt"
SMALL = ("--set", "width={2, 4}", "--set", "seed=0..<2", "--set", "epochs={1, 4}")


def blocks(language):
    return [text for name, text in BLOCKS if name == language]


def test_every_block_is_of_a_tested_language():
    assert TEXT.count("\n```") == 2 * len(BLOCKS)
    assert {name for name, _ in BLOCKS} == {"sh", "dd", "python"}


def test_two_commands_set_up_everything():
    assert blocks("sh") == [
        f"{SETUP} . && .venv/bin/ddspec run specs/quickstart.dd\n",
        f"{SETUP} -e '.[test]' && .venv/bin/pytest -n 3 --dist worksteal\n",
    ]


def test_ci_runs_the_test_command_as_printed():
    script = (ROOT / ".ci" / "run").read_text()
    (extraction,) = re.findall(r"^command=\$\(.*\)$", script, re.MULTILINE)
    ending = 'bash -euo pipefail -c "$command"\n'
    assert script.endswith(ending)
    words = ["bash", "-euc", f'{extraction}; printf "%s\\n" "$command"']
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == blocks("sh")[1]


@pytest.mark.parametrize("text", blocks("dd"), ids=lambda text: text[:8].strip())
def test_specs_can_be_run(text, tmp_path):
    (tmp_path / "readme.dd").write_text(text)
    spec, problems, _ = pipeline.check(str(tmp_path / "readme.dd"))
    assert spec is not None, problems
    assert spec.experiments


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    """A folder in which the quickstart has run: a few of its cells, for a few epochs."""
    folder = tmp_path_factory.mktemp("readme")
    text = (ROOT / "specs" / "quickstart.dd").read_text()
    short, count = re.subn(r"(?m)^  for: +\d+ epochs$", "  for: 4 epochs", text)
    assert count == 1
    (folder / "quickstart.dd").write_text(short)
    words = ["run", str(folder / "quickstart.dd"), "--local", *SMALL]
    result = CliRunner().invoke(ddspec, [*words, "--out", str(folder / "runs" / "quickstart")])
    assert result.exit_code == 0, result.output
    return folder


def test_python_runs_on_the_quickstart(quickstart, monkeypatch):
    monkeypatch.chdir(quickstart)
    mpl.use("agg")
    names = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    plt.close("all")
    assert names["final"].dims == ("width", "seed")
    assert np.isnan(names["threshold"])  # four epochs fit nothing


def test_files_named_in_the_prose_are_there(quickstart):
    for name in re.findall(r"`((?:specs|grammar|ddspec)/[\w/.]*)`", PROSE):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`(\w+\.(?:nc|png|sqlite))`", PROSE):
        assert (quickstart / "runs" / "quickstart" / name).exists(), name


def test_the_vocabulary_is_listed_whole():
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.*) \|$", PROSE, re.MULTILINE)
    listed = {kind: tuple(re.findall(r"`(\w+)`", words)) for kind, _, words in rows}
    assert listed == {kind: registry.names(kind) for kind in registry.FOLDERS}
    assert [int(count) for _, count, _ in rows] == list(map(len, listed.values()))
    assert f"\n{sum(map(len, listed.values()))} words" in PROSE


def test_every_published_spec_is_listed():
    listed = set(re.findall(r"`specs/(\w+)\.dd`", PROSE))
    assert listed == {path.stem for path in (ROOT / "specs").glob("*.dd")} - {"quickstart"}


def test_commands_named_are_the_commands_there_are():
    table = re.findall(r"^\| `ddspec (\w+)", PROSE, re.MULTILINE)
    assert sorted(table) == sorted(NAMES)
    assert set(re.findall(r"`ddspec (\w+)", PROSE)) <= set(NAMES)


def test_options_named_are_options_of_a_command():
    helped = [CliRunner().invoke(ddspec, [name, "--help"]).output for name in NAMES]
    options = set(re.findall(r"^  (--[a-z-]+)", "".join(helped), re.MULTILINE))
    options |= {name for each in magic_command(print).params for name in each.opts}
    named = set(re.findall(r"`(--[a-z-]+)", PROSE))
    assert {"--address", "--on-error", "--pdb"} <= named
    assert named <= options


def test_the_figures_are_there_and_light():
    figures = re.findall(r"!\[.*\]\((.*)\)", TEXT)
    assert len(figures) == 2
    for figure in figures:
        assert 10_000 < (ROOT / figure).stat().st_size < 200_000
