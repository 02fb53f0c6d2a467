"""A spec without names: the same cells, and where everything was written."""

from pathlib import Path

import pytest

from ddspec import pipeline
from ddspec.language.formatting import format_text
from ddspec.language.parser import parse
from ddspec.language.tree import Define, Let, Use, walk
from ddspec.plan.expand import expand
from ddspec.spec.check import check
from ddspec.spec.resolved import resolved
from tests.spec.specs import trained

LARGE = 5_000  # grid points whose ids are not all compared
SPECS = sorted(Path("specs").glob("*.dd"))
LIBRARY = """dd 1
let rate = 0.1
architecture net(w) = mlp(hidden: [w, w])
train fit {
  optimizer: sgd(lr: rate * batch / 100)
  loss:      mse
  batch:     50 samples
  for:       4 epochs
}
"""
IN_FILES = """use "lib.dd" as lib
experiment e {
  dataset:      mnist1d(100)
  architecture: lib.net(w)
  train:        lib.fit with { for: 5 epochs }
  sweep {
    w    in {2, 3}
    seed in {0}
  }
}
"""
ALTERNATIVES = """use "lib.dd"
let drop = 20%
regularizer both = l2(1e-4) + dropout(drop)
experiment e {
  dataset:      mnist1d(100)
  architecture: net(4)
  regularizer:  reg
  train:        fit
  sweep {
    reg  in subsets(both)
    seed in {0}
    except reg is both
  }
}
"""
AMENDED = """use "lib.dd"
dataset digits = mnist1d(100)
dataset fewer  = digits(samples: 50)
experiment e {
  dataset:      data
  architecture: net(4)
  train:        fit
  sweep {
    zip {
      data in {digits, fewer}
      seed in {0, 1}
    }
  }
}
experiment f amends e {
  architecture: net(w)
  sweep { w in {2, 3} }
}
"""


def without_names(spec):
    return format_text(resolved(spec))


def checked(text, files=()):
    spec, problems, _ = check(text, "spec.dd", read=dict(files).__getitem__)
    assert spec is not None, problems
    return spec


def ids(spec):
    return [expand(each).ids for each in spec.experiments]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_published_spec_without_names_has_the_same_cells(path):
    spec = pipeline.load(str(path))
    again = checked(without_names(spec))
    assert [each.size for each in again.experiments] == [each.size for each in spec.experiments]
    if sum(each.size for each in spec.experiments) < LARGE:
        assert ids(again) == ids(spec)


@pytest.mark.parametrize(
    "text",
    [IN_FILES, ALTERNATIVES, AMENDED],
    ids=["parameters", "alternatives", "amends"],
)
def test_used_files_parameters_amends_and_changes_are_put_in_place(text):
    spec = checked(f"dd 1\n{text}", {"lib.dd": LIBRARY}.items())
    again = without_names(spec)
    kinds = {type(node) for node in walk(parse(again, "x.dd")[0])}
    assert not kinds & {Define, Let, Use}
    assert ids(checked(again)) == ids(spec)
    assert "lib.dd:" in again


def test_every_line_says_where_it_was_written():
    spec = checked(f'dd 1\nuse "lib.dd"\n{ONE}', {"lib.dd": LIBRARY}.items())
    text = without_names(spec)
    assert "# spec.dd:5, lib.dd:3" in text
    assert "  # spec.dd:6, lib.dd:4" in text


ONE = """experiment e {
  dataset:      mnist1d(100)
  architecture: net(4)
  train:        fit
  sweep { seed in {0} }
}
"""


def test_what_was_set_on_the_command_line_says_so():
    spec, *_ = check(trained("seed in 0..<3"), "spec.dd", overrides={"seed": "{7}"})
    assert "seed in {7}  # --set seed={7}" in without_names(spec)


def test_arguments_have_their_names():
    assert "mnist1d(samples: 1000, label_noise: 0%)" in without_names(
        checked(trained("seed in {0}"))
    )
    spec = checked(f'dd 1\nuse "lib.dd"\n{ONE}', {"lib.dd": LIBRARY}.items())
    assert "mnist1d(samples: 100)" in without_names(spec)
