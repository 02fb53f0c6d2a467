"""Labels and booleans tell which terms a composition has; lattices are whole or refused."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.composition.compositions import compositions
from ddspec.analysis.composition.lattice import lattices
from ddspec.errors import DdspecError
from ddspec.plan.expand import expand
from ddspec.results.coordinates import coordinates
from ddspec.spec.check import check


def axis(labels, **coordinates):
    flags = {name: ("reg", values) for name, values in coordinates.items()}
    return xr.Dataset(coords={"reg": list(labels), **flags})


def spanned(*labels):
    return [each.terms for each in lattices(compositions(axis(labels), "reg"))]


def sets(dataset):
    return [set(each) for each in compositions(dataset, "reg").sets]


def test_labels_are_sums_of_terms():
    labels = ["none", "decay", "decay + drop", "dropout(0.2, at: input) + augment(crop + flip)"]
    assert sets(axis(labels)) == [
        set(),
        {"decay"},
        {"decay", "drop"},
        {"dropout(0.2, at: input)", "augment(crop + flip)"},
    ]


def test_names_of_whole_compositions_are_read_off_the_booleans():
    made = axis(
        ["plain", "both", "weights"],
        has_l2=[False, True, True],
        reg_has_dropout=[False, True, False],
        terms=[0, 2, 1],
    )
    assert sets(made) == [set(), {"l2", "dropout"}, {"l2"}]


def test_labels_tell_terms_of_one_word_apart_where_booleans_do_not():
    labels = ["none", "first", "second", "first + second"]
    made = axis(labels, has_dropout=[False, True, True, True], terms=[0, 1, 1, 2])
    assert sets(made) == [set(), {"first"}, {"second"}, {"first", "second"}]


def test_subsets_are_one_lattice_in_the_order_of_the_axis():
    labels = ["decay + drop", "none", "drop", "decay"]
    (one,) = lattices(compositions(axis(labels), "reg"))
    assert one.terms == ("decay", "drop")
    assert [labels[place] for place in one.places] == ["none", "decay", "drop", "decay + drop"]
    np.testing.assert_array_equal(one.has(), [[0, 0], [1, 0], [0, 1], [1, 1]])


def test_terms_that_all_compositions_have_span_nothing():
    assert spanned("c", "a + c", "b + c", "a + b + c") == [("a", "b")]


def test_alternatives_span_lattices_of_their_own():
    assert spanned("none", "a", "b", "a + b", "c", "a + c", "d") == [("a", "b"), ("a", "c"), ("d",)]
    assert spanned("none", "a", "b", "c") == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        (("none", "a", "a + b"), "missing are b"),
        (("a", "b", "a + b"), "missing are none"),
        (("none", "a", "b", "c", "a + b", "a + c", "b + c"), r"missing are a \+ b \+ c"),
        (("a + b + c", "a + b", "a + c", "b + c"), "missing are none, a, b, c"),
    ],
)
def test_missing_subsets_are_named(labels, missing):
    with pytest.raises(DdspecError, match=missing) as caught:
        spanned(*labels)
    assert "main_effects(correct: ols)" in caught.value.help[-1]


@pytest.mark.parametrize(
    ("dataset", "over", "message"),
    [
        (axis(["none", "a"]), "width", "no axis `width`"),
        (axis(["a"]), "reg", "one composition only"),
        (axis(["none"]), "reg", "one composition only"),
        (axis(["sgd", "adam"]), "reg", "no axis of compositions"),
        (axis(["a + b", "b + a"]), "reg", "the same terms"),
        (axis(["x", "y"], terms=[2, 1], has_l2=[True, True]), "reg", "do not tell the terms"),
        (xr.Dataset(coords={"reg": [1, 2, 3]}), "reg", "no axis of compositions"),
    ],
)
def test_what_is_no_composition_axis_is_refused(dataset, over, message):
    with pytest.raises(DdspecError, match=message):
        compositions(dataset, over)


SPEC = """dd 1
regularizer a = l1(1e-4)
regularizer b = l2(1e-3)
regularizer both = a + b
regularizer early = dropout(20%, at: input)
experiment one {{
  dataset: mnist1d(samples: 100)
  architecture: mlp(hidden: [4])
  regularizer: reg
  train: gradient_descent(
    optimizer: sgd(lr: 0.1), loss: cross_entropy, batch: full, for: 1 epochs
  )
  sweep {{
    reg in {axis}
    seed in 0..<2
  }}
}}
"""


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("subsets(a + b)", [(), "a", "b", "ab"]),
        ("{none, a, both}", [(), ("l1",), ("l1", "l2")]),
        ("subsets(early + dropout(50%))", [(), "x", "y", "xy"]),
        ("leave_one_out(a + b + early)", ["abx", "bx", "ax", "ab"]),
        ("(a? + (b | 2 * b))", ["b", "ab", "B", "aB"]),
    ],
)
def test_labels_of_specs_tell_their_terms(written, wanted):
    (experiment,) = check(SPEC.format(axis=written), "axis.dd")[0].experiments
    plan = expand(experiment)
    made = xr.Dataset(coords=coordinates(plan, experiment.axes))
    letters = {"early": "x", "dropout(0.2, at: input)": "x", "dropout(0.5)": "y", "l2(2e-3)": "B"}
    found = [sorted(letters.get(t, t) for t in each) for each in compositions(made, "reg").sets]
    assert found == [sorted(each) for each in wanted]
