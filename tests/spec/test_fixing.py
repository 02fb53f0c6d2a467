"""Safe fixes, made until none is left: nothing is broken, and nothing right is touched."""

import pytest

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.spec.fixing import fixed
from tests.spec.golden_files import FOLDERS, check_file, overrides

GARBLED = """\
dataset digits = mnst1d(samples: 1_000
  test: 200)
architecture net = mlp(hiden: [width, width]]
train fit
  optimizer: sgd(lr = 0.1)
  loss: cross_entropy,
  batch: 10 samples
  for: 5 epoch
}
experiment e {
  dataset: digits
  architecture: net
  train: fit
  sweep {
    width {4, 8, 8}
    seed in 0...3
  }
}
"""
RIGHT = """\
dd 1
dataset digits = mnist1d(samples: 1_000,
  test: 200)
architecture net = mlp(hidden: [width, width])
train fit {
  optimizer: sgd(lr: 0.1)
  loss: cross_entropy
  batch: 10 samples
  for: 5 epochs
}
experiment e {
  dataset: digits
  architecture: net
  train: fit
  sweep {
    width in {4, 8}
    seed in 0..3
  }
}
"""


def checked(folder, text):
    return check_file(folder, "wrong.dd", overrides(folder), text)[1]


def test_a_file_with_many_slips_is_made_right():
    text, fixes = fixed(GARBLED, "wrong.dd", lambda text: checked(FOLDERS[0], text))
    assert text == RIGHT
    assert len(fixes) == 12


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_fixing_ends_without_what_it_was_for_and_with_no_new_error(folder):
    wrong = (folder / "wrong.dd").read_text()
    before = checked(folder, wrong)
    safe = [each for each in before if each.fix is not None and each.fix.safe]
    text, fixes = fixed(wrong, "wrong.dd", lambda text: checked(folder, text))
    assert (text != wrong) == bool(safe) == bool(fixes)
    if safe:
        assert not [each.code for each in checked(folder, text)]


def test_of_fixes_that_overlap_one_is_made():
    def check(text):
        spans = [Span("a", 0, 2), Span("a", 1, 3)] if text == "abc" else []
        fixes = [Fix(span, "x", "write `x`") for span in spans]
        return [Diagnostic("DD101", f"{f.span.start}", Label(f.span), fix=f) for f in fixes]

    assert fixed("abc", "a", check)[0] == "xc"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_right_file_stays_as_it_is(folder):
    right = (folder / "right.dd").read_text()
    assert fixed(right, "wrong.dd", lambda text: checked(folder, text)) == (right, ())


TOP = """\
dd 1
dataset digits = mnist1d(samples: 1_000)
architecture net = mlp(hidden: [width])
train paper {
  optimizer: sgd(lr: 0.1)
  loss: cross_entropy
  batch: 10 samples
  for: 5 epochs
}
let widths = {4, 8}
experiment e {
  dataset: digits
  architecture: net
  train: paper
  sweep { width in widths }
}
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("dataset digits =", "dataset ="),
        ("dataset digits =", "digits dataset ="),
        ("train paper {", "train {"),
        ("train paper {", "paper {"),
        ("train paper {", "train paper paper {"),
        ("let widths = {4, 8}", "let widths = {4,, 8}"),
        ("let widths = {4, 8}", "let = {4, 8}"),
        ("width in widths", "in widths"),
        ("width in widths", "width in in widths"),
        ("hidden: [width]", "hidden: width]"),
        ("batch: 10 samples", "batch10: 10 samples"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_once(right, wrong):
    assert checked(FOLDERS[0], TOP) == ()
    (problem,) = checked(FOLDERS[0], TOP.replace(right, wrong))
    line = TOP[: TOP.index(right)].count("\n")
    assert TOP.replace(right, wrong)[: problem.primary.span.start].count("\n") == line
