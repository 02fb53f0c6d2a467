"""A cell's id depends on what the cell means and on nothing else."""

import pytest

from ddspec.plan.expand import expand
from ddspec.spec.check import check
from ddspec.vocabulary.regularizers.l2 import L2

BASE = """dd 1

# a comment
dataset noisy = mnist1d(samples: n, label_noise: noise)
architecture net = mlp(hidden: [width, width], activation: tanh)
regularizer all = l2(5e-4) + dropout(0.3, at: head) + batch_norm()

train fit {
  optimizer: sgd(lr: 0.05, momentum: 0.9)
  loss:      cross_entropy
  batch:     64 samples
  for:       40 epochs
}

experiment curve {
  dataset:      noisy
  architecture: net
  regularizer:  reg
  train:        fit

  sweep {
    width  in {4, 16}
    noise  in {0%, 15%}
    reg    in subsets(all)
    n      in {1_000, 4_000} samples
    epochs in {1, 10, 40}
    seed   in 0..<2
  }
}
"""
CELLS = 2 * 2 * 8 * 2 * 2


def ids(text):
    spec, diagnostics, _ = check(text, "base.dd")
    assert spec is not None, diagnostics
    return {cell for experiment in spec.experiments for cell in expand(experiment).ids}


def edited(*pairs):
    text = BASE
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


KEEPING = {
    "reformatted": [("  sweep {\n", "  sweep   {\n\n\n"), ("optimizer: ", "optimizer   :   ")],
    "comments dropped": [("# a comment\n", "")],
    "declarations renamed": [("noisy", "data_set"), ("net", "perceptron"), ("fit", "recipe")],
    "arguments reordered": [
        ("mnist1d(samples: n, label_noise: noise)", "mnist1d(label_noise: noise, samples: n)"),
        ("sgd(lr: 0.05, momentum: 0.9)", "sgd(momentum: 0.9, lr: 0.05)"),
    ],
    "numbers spelled otherwise": [
        ("0.05", "5e-2"), ("1_000, 4_000", "1000, 4000"), ("15%", "0.15"), ("5e-4", "0.0005"),
    ],
    "a default written out": [("sgd(lr: 0.05,", "sgd(nesterov: false, lr: constant(0.05),")],
    "an axis renamed": [("width", "units")],
    "a measure added": [("  sweep {", "  measure { norm: weight_norm() }\n  sweep {")],
    "epochs refined": [("{1, 10, 40}", "1..40")],
    "axes reordered": [
        ("    width  in {4, 16}\n", ""), ("    seed ", "    width in {4, 16}\n    seed "),
    ],
    "regularizers in another order": [
        ("l2(5e-4) + dropout(0.3, at: head) + batch_norm()",
         "batch_norm() + l2(5e-4) + dropout(0.3, at: head)"),
    ],
    "subsets written with question marks": [
        ("subsets(all)", "l2(5e-4)? + dropout(0.3, at: head)? + batch_norm()?"),
    ],
    "subsets written as alternatives": [
        ("subsets(all)",
         "(none | l2(5e-4)) + (none | dropout(0.3, at: head)) + (none | batch_norm())"),
    ],
    "units left out": [("} samples", "}"), ("64 samples", "64")],
}  # fmt: skip


@pytest.mark.parametrize("edit", KEEPING)
def test_a_meaning_preserving_edit_keeps_every_id(edit):
    assert ids(edited(*KEEPING[edit])) == ids(BASE)


def test_the_base_has_as_many_cells_as_its_axes_say():
    assert len(ids(BASE)) == CELLS


MEANINGFUL = {
    "one more n": ([("{1_000, 4_000}", "{1_000, 2_000, 4_000}")], CELLS // 2, 0),
    "one more seed": ([("0..<2", "0..<3")], CELLS // 2, 0),
    "one less width": ([("{4, 16}", "{4}")], 0, CELLS // 2),
    "another l2 strength": ([("5e-4", "6e-4")], CELLS // 2, CELLS // 2),
    "another learning rate": ([("0.05", "0.06")], CELLS, CELLS),
    "another kind of label noise": (
        [("label_noise: noise", "label_noise: wrong(noise)")], CELLS // 2, CELLS // 2,
    ),
    "a longer training": ([("40 epochs", "41 epochs")], CELLS, CELLS),
    "another test set": ([("samples: n,", "samples: n, test: 500,")], CELLS, CELLS),
}  # fmt: skip


@pytest.mark.parametrize("edit", MEANINGFUL)
def test_a_meaningful_edit_changes_just_the_cells_it_touches(edit):
    pairs, new, gone = MEANINGFUL[edit]
    before, after = ids(BASE), ids(edited(*pairs))
    assert (len(after - before), len(before - after)) == (new, gone)


def test_a_new_version_of_a_words_meaning_changes_its_cells(monkeypatch):
    before = ids(BASE)
    monkeypatch.setattr(L2, "version", 2)
    assert len(ids(BASE) - before) == CELLS // 2


def test_epochs_and_the_same_number_of_steps_are_one_cell():
    steps = edited(
        ("{1_000, 4_000}", "{1_000}"), ("40 epochs", "640 steps"), ("{1, 10, 40}", "{40}")
    )
    epochs = edited(("{1_000, 4_000}", "{1_000}"))
    assert ids(steps.replace("epochs in {40}\n", "")) == ids(epochs)
