"""Sweep lines to dimensions and labels."""

import math

import pytest

from tests.spec.specs import experiment, solved, trained


def labels(domain, **options):
    return (
        experiment(solved(f"features in {domain}; seed in 0..<2", features="features"), **options)
        .axes[0]
        .labels
    )


@pytest.mark.parametrize(
    ("domain", "points"),
    [
        ("1..4", (1, 2, 3, 4)),
        ("1..<4", (1, 2, 3)),
        ("10..40 by 10", (10, 20, 30, 40)),
        ("1..10 points 4", (1, 4, 7, 10)),
        ("log 1..64 points 4", (1, 4, 16, 64)),
        ("log 1..<64 points 3", (1, 4, 16)),
        ("log 2..60 points 3", (2, 11, 60)),
        ("{4, 2, 8}", (4, 2, 8)),
        ("{4, 2} | {8, 2}", (2, 4, 8)),
        ("{1} | 10..30 by 10", (1, 10, 20, 30)),
        ("{5, 6} features", (5, 6)),
        ("5..9 by 2 features", (5, 7, 9)),
        ("7", (7,)),
        ("1_0", (10,)),
    ],
)
def test_a_domain_has_these_points(domain, points):
    found = labels(domain)
    assert found == points
    assert all(type(point) is int for point in found)


@pytest.mark.parametrize(
    ("domain", "points"),
    [
        ("{0%, 15%}", (0.0, 0.15)),
        ("{0, 0.5}", (0.0, 0.5)),
        ("0..1 points 5", (0.0, 0.25, 0.5, 0.75, 1.0)),
        ("0..0.3 by 0.1", (0.0, 0.1, 0.2, 0.3)),
        ("log 1e-3..1 points 4", (0.001, 0.01, 0.1, 1.0)),
        ("log 0.1..1 points 3", (0.1, 0.316228, 1.0)),
    ],
)
def test_fractions_are_floats(domain, points):
    (axis,) = experiment(trained(f"noise in {domain}", noise="noise")).axes
    assert axis.labels == points
    assert all(type(point) is float for point in axis.labels)


def test_dimensions_are_design_then_replicates_then_tuned():
    text = solved(
        "seed in 0..<3; ridge in none | l2(tune({1, 2}, minimise: validation_loss)); n in {40, 50}",
        samples="n", regularizer="ridge",
    )  # fmt: skip
    axes = experiment(text).axes
    assert [(axis.name, axis.kind) for axis in axes] == [
        ("ridge", "design"),
        ("n", "design"),
        ("seed", "replicate"),
        ("l2_strength_tuned", "tuned"),
    ]


def test_a_unit_is_kept():
    assert experiment(solved("n in {40, 50} samples", samples="n")).axes[0].unit == "samples"


def test_choices_and_words_are_points():
    text = trained(
        "act in {relu, tanh}; opt in {sgd(lr: 0.10), adam(lr: 1e-3)}; deep in {[4], [4, 4]}",
        hidden="deep, activation: act", train="fit with { optimizer: opt }",
    )  # fmt: skip
    act, opt, deep = experiment(text).axes
    assert act.labels == ("relu", "tanh")
    assert opt.labels == ("sgd(lr: 0.1)", "adam(lr: 1e-3)")
    assert deep.labels == ("[4]", "[4, 4]")


def test_a_number_may_stand_among_schedules():
    axis = experiment(trained("rate in {0.1, inverse_sqrt(0.1)}", lr="rate"))
    assert [each.optimizer.lr.name() for each in axis.train.values] == ["constant", "inverse_sqrt"]


def test_zipped_axes_share_a_dimension():
    found = experiment(
        trained("zip {\n batch in {10, 20}\n rate in {0.1, 0.2}\n }", lr="rate", batch="batch")
    )
    (axis,) = found.axes
    assert (axis.name, axis.labels, axis.extras) == ("batch", (10, 20), {"rate": (0.1, 0.2)})
    assert found.train.axes == ("batch",)
    assert [(t.batch, t.optimizer.lr.rate) for t in found.train.values] == [(10, 0.1), (20, 0.2)]


def test_a_conditional_axis_has_a_level_of_absence():
    text = trained(
        "reg in none | dropout(rate); when reg has dropout { rate in {10%, 20%} }",
        regularizer="reg",
    )
    found = experiment(text)
    assert found.axis("rate").labels[:2] == (0.1, 0.2)
    assert math.isnan(found.axis("rate").labels[2])
    (keep,) = found.keep
    assert keep.axes == ("reg", "rate")
    assert keep.values == (False, False, True, True, True, False)
    assert found.regularizer.values[5] is None


def test_the_domain_of_an_axis_may_be_named():
    top = "let top = 16\nlet grid = log 1..top points 3"
    assert experiment(solved("p in grid", top=top, features="p")).axes[0].labels == (1, 4, 16)


def test_a_setting_with_alternatives_is_an_axis_of_its_own():
    found = experiment(solved("p in 1..3; seed in 0..<2", features="p", regularizer="l2(1)?"))
    assert [axis.name for axis in found.axes] == ["p", "regularizer", "seed"]
    assert found.axis("regularizer").labels == ("none", "l2(1)")


def test_labels_are_names_where_alternatives_were_named():
    top = "regularizer decay = l2(1e-4)\nregularizer drop = dropout(20%)"
    text = trained("reg in subsets(decay + drop) | l2(0.001)", top=top, regularizer="reg")
    axis = experiment(text).axis("reg")
    assert axis.labels == ("none", "decay", "drop", "decay + drop", "l2(1e-3)")
    assert axis.extras["has_l2"] == (False, True, False, True, True)
    assert axis.extras["terms"] == (0, 1, 1, 2, 1)
    assert axis.extras["data_dependent"] == (False, False, True, True, False)
    assert axis.extras["l2_strength"][1:5:2] == (0.0001, 0.0001)
    assert math.isnan(axis.extras["dropout_rate"][0])


def test_the_span_of_an_axis_is_its_name():
    text = solved("p in 1..3", features="p")
    span = experiment(text).axes[0].span
    assert text[span.start : span.end] == "p"


def test_the_first_name_of_a_composition_is_its_label():
    top = "regularizer decay = l2(1e-4)"
    found = experiment(trained("reg in none | decay | l2(0.0001)", top=top, regularizer="reg"))
    assert found.axis("reg").labels == ("none", "decay")


def test_a_tuned_strength_is_labelled_tuned():
    ridge = "l2(tune({1, 2}, minimise: validation_loss))"
    found = experiment(solved(f"reg in none | {ridge}", regularizer="reg"))
    assert found.axis("reg").labels == ("none", "l2(tuned)")


def test_a_called_declaration_tunes_once_for_each_grid():
    top = "regularizer ridge(g) = l2(tune(g, minimise: validation_loss))"
    text = "reg in ridge({1, 2}) | ridge({1, 2}) + l2(0) | ridge({3})"
    axes = experiment(solved(text, top=top, regularizer="reg")).axes
    assert [(a.name, a.labels) for a in axes] == [
        ("reg", ("ridge({1, 2})", "ridge({3})")),
        ("l2_strength_tuned", (1, 2)),
        ("l2_strength_tuned_2", (3,)),
    ]
