"""`theory { }` to words over the axes they depend on."""

import pytest

from ddspec.plan.expand import expand
from ddspec.spec.check import check
from ddspec.vocabulary.theories.ridge_regression import RidgeRegression
from ddspec.vocabulary.theories.ridgeless import Ridgeless
from tests.spec.specs import solved


def checked(theory, sweep="n in {20, 40}; seed in 0..<3", overrides=None, **changes):
    body = f"theory {{ {theory} }}"
    text = solved(sweep, **{"samples": "n", "body": body, **changes})
    spec, problems, _ = check(text, "theory.dd", overrides=overrides or {})
    return spec, {problem.code: problem for problem in problems}


def table(theory, **changes):
    spec, problems = checked(theory, **changes)
    assert not problems
    return spec.experiments[0].theories["exact"]


def test_what_is_not_written_is_taken_from_the_experiment():
    found = table("exact: ridgeless()")
    assert found.axes == ("n",)
    assert found.values == tuple(
        Ridgeless(samples=n, features=20, signal=0.2, noise_variance=0.8) for n in (20, 40)
    )


def test_arguments_read_axes_and_expressions_of_them():
    found = table("exact: ridgeless(samples: n, features: n / 2)", features="n / 2")
    assert found.axes == ("n",)
    assert [theory.features for theory in found.values] == [10, 20]


def test_a_theory_has_no_axis_that_changes_nothing_of_it():
    sweep = "n in {20, 40}; reg in none | l2(0.1); seed in 0..<3"
    assert table("exact: ridge_regression()", sweep=sweep, regularizer="reg").axes == ("n", "reg")
    _, problems = checked("exact: ridgeless()", sweep=sweep, regularizer="reg")
    assert problems["DD609"].primary.text == "it is of training without `l2`"
    assert problems["DD609"].severity == "warning"


def test_the_word_may_depend_on_an_axis():
    word = "if n > 30 then ridgeless() else ridge_regression(optimal: true)"
    found = table(f"exact: {word}")
    assert list(map(type, found.values)) == [RidgeRegression, Ridgeless]


def test_points_that_are_left_out_have_no_theory():
    found = table(
        "exact: ridgeless(features: 60 - n)",
        sweep="n in {20, 40, 60}; except n > 50; seed in 0..<3",
        features="max(60 - n, 1)",
    )
    assert found.values[2] is None
    assert found.values[0].features == 40


def test_a_seed_cannot_change_a_theory_through_the_dataset_either():
    _, problems = checked("exact: ridgeless()", samples="20 + seed", sweep="seed in 0..<3")
    assert list(problems) == ["DD607"]


def test_overrides_reach_a_theory():
    spec, _ = checked("exact: ridgeless(samples: n)", overrides={"n": "{30}"})
    (theory,) = spec.experiments[0].theories["exact"].values
    assert theory.samples == 30


def test_a_variant_has_the_theories_of_its_base_and_may_replace_them():
    text = solved("n in {20, 40}; seed in 0..<3", samples="n", body="theory { exact: ridgeless() }")
    text += """
experiment f amends e {
  sweep { n in {30} }
  theory { best: ridge_regression(optimal: true) }
}
experiment g amends e {
  theory { exact: belkin_hsu_xu() }
}
"""
    spec, problems, _ = check(text, "theory.dd")
    assert not problems
    _, f, g = spec.experiments
    assert list(f.theories) == ["exact", "best"]
    assert f.theories["exact"].values[0].samples == 30
    assert g.theories["exact"].values[0].inputs == 100


def test_a_theory_changes_no_cell():
    plans = [
        expand(checked(theory)[0].experiments[0])
        for theory in ("", "exact: ridgeless()", "also: belkin_hsu_xu()")
    ]
    assert plans[0].ids == plans[1].ids == plans[2].ids


def test_reports_may_ask_about_a_theory():
    body = "theory { exact: ridgeless() }\n  report { peak: argmax(exact_test_loss, along: n) }"
    spec, problems, _ = check(solved("n in {20, 40}", samples="n", body=body), "theory.dd")
    assert not problems
    assert spec.experiments[0].reports["peak"].of == "exact_test_loss"


@pytest.mark.parametrize(
    ("theory", "code"),
    [("exact: mnist1d(100)", "DD116"), ("exact: 3", "DD204"),
     ("exact: ridgeless(size: n)", "DD102"), ("exact in {1}", "DD109"),
     ("exact: ridgeless(samples: 0)", "DD302"),
     ("exact: ridgeless(samples: 1.5)", "DD203")],
)  # fmt: skip
def test_mistakes_in_a_theory_are_told_without_a_traceback(theory, code):
    assert code in checked(theory)[1]


@pytest.mark.parametrize(
    ("architecture", "theory", "why"),
    [("mlp(hidden: [4])", "ridgeless(features: 4, signal: 1, noise_variance: 1)",
      "of `linear`, the architecture is `mlp`"),
     ("linear(bias: true)", "ridgeless()",
      "of a model without a constant, this one has `bias: true`")],
)  # fmt: skip
def test_a_theory_of_another_function_is_doubted(architecture, theory, why):
    text = solved("seed in 0..<3", body=f"theory {{ exact: {theory} }}")
    text = text.replace("linear(features: 20)", architecture)
    text = text.replace("least_squares()", "gradient_descent(gd(lr: 0.1), mse, full, 9 epochs)")
    spec, problems, _ = check(text, "theory.dd")
    assert spec is not None
    assert [problem.primary.text for problem in problems] == [f"it is {why}"]


def test_a_theory_that_knows_nothing_of_the_dataset_says_what_is_missing():
    text = solved(body="theory { exact: ridgeless() }").replace("least_squares()", "fit()")
    text = text.replace("linear(features: 20)", "random_forest(trees: 2, leaves: 4)")
    spec, problems, _ = check(text, "theory.dd")
    assert spec is None
    assert "does not know `features`, `signal` and `noise_variance`" in problems[0].title
