"""The TextMate grammar colors every spec as the language reads it, by two readers of grammars."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from babi.highlight import Grammars, highlight_line

from ddspec.editors.roles import LOOKS
from ddspec.editors.textmate import ROOT as SCOPE
from tests.editors.read import DAMAGED, EDITORS, FORMS, disagreements, texts

SYNTAXES = EDITORS / "vscode" / "syntaxes"
TEXTS = {**texts(), "damaged": DAMAGED}
MODULES = [Path(folder) for folder in os.environ.get("NODE_PATH", "").split(os.pathsep) if folder]
NPM = ("vscode-textmate", "vscode-oniguruma")
# A piece of FORMS, which of its kind it is, and its whole scope.
PROBES = [
    ("weight_norm() + l2", "support.class.dd"),
    ("weight_norm(), q", "support.class.measure.dd"),
    ("path_norm()\n", "support.class.measure.dd"),
    ("distance_to_init", "support.class.measure.dd"),
    ("monotone", "support.class.report.dd"),
    ("mlp", "support.class.architecture.dd"),
    ("l2(tune", "support.class.regularizer.dd"),
    ("adam", "support.class.optimizer.dd"),
    ("<= 2", "keyword.operator.comparison.dd"),
    ("..<", "keyword.operator.range.dd"),
    ('\\"quoted', "constant.character.escape.dd"),
    ("test_error, along", "support.variable.dd"),
]  # fmt: skip


@pytest.fixture(scope="module")
def by_babi(tmp_path_factory):
    """Scopes at each character, by Oniguruma and a reader of grammars in Python."""
    folder = tmp_path_factory.mktemp("grammars")
    shutil.copy(SYNTAXES / "dd.tmLanguage.json", folder / f"{SCOPE}.json")
    compiler = Grammars(str(folder)).compiler_for_scope(SCOPE)

    def read(text):
        state, scopes = compiler.root_state, []
        for place, line in enumerate(text.splitlines(keepends=True)):
            state, regions = highlight_line(compiler, state, line, first_line=place == 0)
            scopes += [each.scope for each in regions for _ in range(each.start, each.end)]
        return scopes

    return read


@pytest.fixture(scope="module")
def by_vscode():
    """The same by VS Code's own packages; skipped where node or they are not."""
    found = [folder for folder in MODULES if all((folder / name).is_dir() for name in NPM)]
    if not found or not shutil.which("node"):
        pytest.skip(f"needs node, `npm install {' '.join(NPM)}`, and its folder in NODE_PATH")
    words = ["node", Path(__file__).parent / "tokens.cjs", SYNTAXES / "dd.tmLanguage.json"]
    given = json.dumps(list(TEXTS.values()))
    done = subprocess.run(words, input=given, capture_output=True, text=True, check=True)
    return dict(zip(TEXTS.values(), json.loads(done.stdout), strict=True)).__getitem__


@pytest.fixture(params=["by_babi", "by_vscode"])
def scopes_of(request):
    return request.getfixturevalue(request.param)


def test_every_piece_of_every_spec_has_the_scope_of_its_role(scopes_of):
    for name, text in TEXTS.items():
        scopes = scopes_of(text)
        assert len(scopes) == len(text)
        wrong = disagreements(
            text,
            lambda role, place, scopes=scopes: (
                f"{scopes[place][-1]}.".startswith(f"{LOOKS[role].scope}.")
                or (role == "string" and scopes[place][-2].startswith(LOOKS[role].scope)),
                scopes[place],
            ),
        )
        assert not wrong, name


@pytest.mark.parametrize(("piece", "scope"), PROBES, ids=[piece for piece, _ in PROBES])
def test_the_scope_says_of_which_kind_a_word_is(scopes_of, piece, scope):
    assert scopes_of(FORMS)[FORMS.index(piece)][-1] == scope


def test_what_is_no_token_is_invalid_and_nothing_else(scopes_of):
    def invalid(text):
        return {c for c, s in zip(text, scopes_of(text), strict=True) if "invalid" in s[-1]}

    assert invalid(DAMAGED) == set("$'abc\"open§~")
    assert not {name: invalid(text) for name, text in texts().items() if invalid(text)}
