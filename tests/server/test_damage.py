"""Half-written files: every question about every place is answered, by no traceback."""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from lsprotocol.types import Position, Range

from ddspec.errors import DdspecError
from ddspec.language.tokens import read_tokens
from ddspec.server import completion, diagnostics, naming, outline
from ddspec.server.calls import call_at
from ddspec.server.colors import colors
from ddspec.server.hints import hints
from ddspec.server.hover import hover
from ddspec.server.layout import layout
from ddspec.server.project import Project

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.dd"))
PATH = "/spec.dd"


def ask_everything(text, offset):
    project = Project()
    project.put(PATH, text)
    places, index = project.places(PATH), project.index
    diagnostics.by_file(project, PATH)
    diagnostics.actions(project, PATH, Range(Position(0, 0), Position(9999, 0)), None)
    completion.complete(places, offset, index)
    call_at(places, offset, index)
    hover(project, PATH, offset)
    naming.definitions(project, PATH, offset)
    naming.references(project, PATH, offset, declared=True)
    naming.highlights(project, PATH, offset)
    outline.outline(places, project.tree(PATH))
    outline.folds(places, project.tree(PATH))
    hints(project, PATH, 0, len(text))
    layout(places)
    assert len(colors(places, index.sites[PATH])) % 5 == 0
    with suppress(DdspecError):
        naming.rename(project, PATH, offset, "another")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_damaged_specs_are_answered(path):
    text, chance = path.read_text(), random.Random(path.stem)
    tokens = read_tokens(text)
    for _ in range(4):
        token, other = chance.sample(tokens, 2)
        kept = text[: token.start_pos], text[token.end_pos :]
        damaged = chance.choice([kept[0], kept[0] + kept[1], kept[0] + str(other) + kept[1]])
        ask_everything(damaged, min(token.start_pos + 1, len(damaged)))


ODD = (
    *("", "\n", "dd", "dd 1\n(", "\ufeffdd 1\n", "dd 1\r\nlet a = 3\r\n", "}}}{{{", "use use"),
    'dd 1\nuse "x.dd" as x\nlet a = x.y\n',
)


@pytest.mark.parametrize("text", ODD)
def test_odd_files_are_answered(text):
    for offset in range(len(text) + 1):
        ask_everything(text, offset)


def test_a_file_that_uses_itself_is_answered():
    ask_everything('dd 1\nuse "spec.dd"\nuse "spec.dd" as me\nlet a = me.a\n', 40)
