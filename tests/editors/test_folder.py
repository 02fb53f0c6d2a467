"""The editor files of the repository are those that the grammar and the vocabulary give."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ddspec
from ddspec.editors.folder import editor_files, write_files
from ddspec.errors import DdspecError
from ddspec.spec.check import check
from ddspec.vocabulary import registry
from ddspec.vocabulary.glossary import summary
from tests.editors.read import EDITORS, ROOT

ANEW = "python -m ddspec editors grammar/editors"
STOP = re.compile(r"\$\{\d+:((?:[^}\\]|\\.)*)\}|\$\d+|\$\{\d+\|([^,|]*)[^}]*\|\}")
PLUGIN = '''\
from ddspec.vocabulary.kinds import Loss, word

@word
class MyLoss(Loss):
    """A loss of one's own.

    Example: my_loss
    """
'''


def call(*words, **environment):
    clean = {k: v for k, v in os.environ.items() if k != "DDSPEC_PLUGINS"}
    command = [sys.executable, "-m", "ddspec", *map(str, words)]
    env = {**clean, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def anew(tmp_path_factory):
    """A folder with all files, written by the command."""
    folder = tmp_path_factory.mktemp("editors")
    done = call("editors", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def snippets(anew):
    return json.loads((anew / "vscode" / "snippets" / "dd.json").read_text())


def files_of(folder):
    listed = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in listed}


def test_the_files_are_those_of_the_language(anew):
    kept = {k: v for k, v in files_of(EDITORS).items() if "node_modules" not in k}
    made = files_of(anew)
    assert set(made) == set(kept)
    stale = [name for name, text in kept.items() if made[name] != text]
    assert not stale, f"write them anew with `{ANEW}`"


def test_one_editor_may_be_asked_for(tmp_path):
    assert {name.partition("/")[0] for name in editor_files(("vim",))} == {"vim"}
    assert write_files(tmp_path, {"a/b": "1\n", "c": "2\n"}) == [
        tmp_path / "a" / "b",
        tmp_path / "c",
    ]
    assert write_files(tmp_path, {"a/b": "1\n", "c": "3\n"}) == [tmp_path / "c"]


def test_a_folder_that_cannot_be_written_is_a_message(tmp_path):
    (tmp_path / "vim").write_text("a file")
    with pytest.raises(DdspecError, match="cannot write"):
        write_files(tmp_path, {"vim/a": "1\n"})


def test_words_of_plugins_are_among_them(tmp_path):
    (tmp_path / "own.py").write_text(PLUGIN)
    done = call("editors", tmp_path / "out", "--only", "vim", DDSPEC_PLUGINS=tmp_path / "own.py")
    assert done.returncode == 0, done.stderr
    assert "|my_loss|" in (tmp_path / "out" / "vim" / "syntax" / "dd.vim").read_text()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["vim"]


def expanded(body):
    """A snippet as it stands when every tab stop is left as it is."""
    text = STOP.sub(lambda stop: stop[1] or stop[2] or "", "\n".join(body))
    return re.sub(r"\\([\\$}])", r"\1", text)


def test_the_snippet_of_a_file_can_be_run():
    text = expanded(json.loads(editor_files()["vscode/snippets/dd.json"])["spec"]["body"])
    spec, problems, _ = check(text, "snippet.dd")
    assert spec is not None, problems
    assert not problems


def test_the_snippets_of_blocks_make_a_spec_together(snippets):
    def body(name):
        return expanded(snippets[name]["body"])

    inner = [body("measure"), body("report"), f"sweep {{ {body('subsets')} }}"]
    text = "\n".join(
        [
            *("dd 1", body("train"), body("let").replace("let name", "let grid")),
            "dataset digits = mnist1d(samples: 4_000)\narchitecture net = mlp(hidden: [width])",
            "regularizer decay = l2(grid_value)\nlet grid_value = 1e-4",
            "regularizer drop = dropout(20%)",
            body("experiment"),
            *("experiment more amends name {", "regularizer: reg", *inner, "}"),
        ]
    )
    spec, problems, _ = check(text, "snippets.dd")
    assert spec is not None, problems
    assert [each.name for each in spec.experiments] == ["name", "more"]


def test_every_word_has_a_snippet_and_every_kind_a_declaration(snippets):
    words = {f"{kind} {name}" for kind in registry.FOLDERS for name in registry.names(kind)}
    assert words <= set(snippets)
    assert "mnist1d" in snippets["dataset"]["body"][0]
    assert snippets["optimizer sgd"] == {
        "prefix": "sgd",
        "body": ["sgd(lr: ${1:0.01}, momentum: ${2:0.9})"],
        "description": f"optimizer: {summary(registry.find('optimizer', 'sgd'))}",
    }


def test_the_manifest_names_files_that_are_there(anew):
    home = anew / "vscode"
    manifest = json.loads((home / "package.json").read_text())
    contributed = manifest["contributes"]
    named = [each["path"] for kind in ("grammars", "snippets") for each in contributed[kind]]
    named += [manifest["main"], contributed["languages"][0]["configuration"]]
    assert all((home / name).is_file() for name in named)
    assert manifest["version"] == ddspec.__version__


@pytest.mark.parametrize(
    ("line", "opens"),
    [
        ("train fit {", True),
        ("  hidden: [64,", True),
        ("dataset d = mnist1d(", True),
        ("sweep {  # axes", True),
        ("n in {1, 2}", False),
        ("# a {", False),
        ('use "a{"', False),
    ],
)
def test_a_line_that_opens_a_bracket_indents_the_next(anew, line, opens):
    rules = json.loads((anew / "vscode" / "language-configuration.json").read_text())
    pattern = rules["indentationRules"]["increaseIndentPattern"]
    assert bool(re.search(pattern, line)) == opens
    assert ["{", "}"] in rules["brackets"]


needs_node = pytest.mark.skipif(not shutil.which("node"), reason="needs node")


@needs_node
@pytest.mark.parametrize("case", ["missing", "failing", "well", "distrusted"])
def test_the_extension_starts_the_server_or_says_why_not(case):
    script = Path(__file__).parent / "extension.cjs"
    words = ["node", script, EDITORS / "vscode" / "extension.js", case]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "as expected\n"
