"""A fingerprint changes with what a word does, and not with how that is explained."""

import importlib
import sys

import pytest

from ddspec.plan.fingerprint import fingerprint
from ddspec.vocabulary.regularizers.l2 import L2

WORD = '''"""A word of one's own."""
import math
from numpy import exp as f
from .shapes import bend, other
from . import constants

RATE = 2.0
UNUSED = 3.0

def scale(x):
    """Twice."""
    return bend(x) * RATE

def unused():
    return UNUSED

class Mine:
    """Explained."""
    # a comment
    version = 1
    def penalty(self, weights):
        """A sum."""
        return f(scale(sum(weights))) + constants.ONE
'''
SHAPES = """def bend(x):
    return x**2

def other(x):
    return x
"""


@pytest.fixture
def printed(tmp_path, monkeypatch):
    """The fingerprint of the word of a package with these texts."""
    monkeypatch.syspath_prepend(tmp_path)

    def made(word=WORD, shapes=SHAPES, constants="ONE = 1\n"):
        folder = tmp_path / "mine_pkg"
        folder.mkdir(exist_ok=True)
        for name, text in {"word": word, "shapes": shapes, "constants": constants}.items():
            (folder / f"{name}.py").write_text(text)
        (folder / "__init__.py").write_text("")
        for name in [name for name in sys.modules if name.startswith("mine_pkg")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        module = importlib.import_module("mine_pkg.word")
        sys.dont_write_bytecode = before
        return fingerprint(module.Mine)

    yield made
    for name in [name for name in sys.modules if name.startswith("mine_pkg")]:
        del sys.modules[name]


PROSE = {
    "docstrings": {
        "word": WORD.replace('"""A sum."""', '"""The total."""').replace("Explained", "X")
    },
    "no docstring": {"word": WORD.replace('        """A sum."""\n', "")},
    "comments and blank lines": {"word": WORD.replace("    # a comment\n", "\n\n")},
    "annotations": {"word": WORD.replace("(self, weights)", "(self, weights: list) -> float")},
    "formatting": {"word": WORD.replace("bend(x) * RATE", "(\n        bend( x )*RATE)")},
    "what is not used": {"word": WORD.replace("UNUSED = 3.0", "UNUSED = 4.0")},
    "an unused function": {"shapes": SHAPES.replace("    return x\n", "    return -x\n")},
    "order": {"word": WORD.replace("RATE = 2.0\nUNUSED = 3.0", "UNUSED = 3.0\nRATE = 2.0")},
}
ACTS = {
    "the class": {"word": WORD.replace("sum(weights)", "max(weights)")},
    "a function of the file": {"word": WORD.replace("* RATE", "+ RATE")},
    "a constant of the file": {"word": WORD.replace("RATE = 2.0", "RATE = 2.5")},
    "a function of another file": {"shapes": SHAPES.replace("x**2", "x**3")},
    "a constant of another file": {"constants": "ONE = 2\n"},
    "what is imported": {"word": WORD.replace("exp as f", "log as f")},
}


@pytest.mark.parametrize("change", PROSE)
def test_prose_and_what_is_not_used_change_nothing(printed, change):
    assert printed(**PROSE[change]) == printed()


@pytest.mark.parametrize("change", ACTS)
def test_what_the_word_does_is_part_of_it(printed, change):
    assert printed(**ACTS[change]) != printed()


def test_changes_are_made_in_the_texts():
    for change in [*PROSE.values(), *ACTS.values()]:
        ((name, text),) = change.items()
        assert text != {"word": WORD, "shapes": SHAPES, "constants": "ONE = 1\n"}[name]


def test_the_words_of_ddspec_count_by_version_only():
    assert fingerprint(L2) == ""


def test_a_class_without_a_source_counts_by_version_only():
    made = type("Typed", (), {"__module__": "nowhere"})
    assert fingerprint(made) == ""


def test_a_fingerprint_is_the_same_under_any_version_of_python(printed):
    assert printed() == "fea2b2a402b8"
