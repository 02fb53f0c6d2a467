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
    [
        'use "lib.dd" as lib\nexperiment e {\n dataset: mnist1d(100)\n architecture: lib.net(w)\n'
        " train: lib.fit with { for: 5 epochs }\n sweep {\n w in {2, 3}\n seed in {0} } }\n",
        'use "lib.dd"\nlet drop = 20%\nregularizer both = l2(1e-4) + dropout(drop)\n'
        "experiment e {\n dataset: mnist1d(100)\n architecture: net(4)\n regularizer: reg\n"
        " train: fit\n sweep {\n reg in subsets(both)\n seed in {0}\n"
        " except reg is both } }\n",
        'use "lib.dd"\ndataset digits = mnist1d(100)\ndataset fewer = digits(samples: 50)\n'
        "experiment e {\n dataset: data\n architecture: net(4)\n train: fit\n"
        " sweep {\n zip {\n data in {digits, fewer}\n seed in {0, 1} } } }\n"
        "experiment f amends e { architecture: net(w)\n sweep {\n w in {2, 3} } }\n",
    ],
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
