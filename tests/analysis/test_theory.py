"""Theories of an experiment as curves on its axes."""

import numpy as np
import pytest

from ddspec.analysis.theory import theory_curves
from ddspec.spec.check import check
from ddspec.vocabulary.theories.ridge_regression import RidgeRegression
from ddspec.vocabulary.theories.ridgeless import Ridgeless

TEXT = """dd 1
experiment e {{
  dataset: linear_gaussian(samples: n, features: 30, noise_std: 0.5, validation: 10)
  architecture: linear()
  regularizer:  {regularizer}
  train:        {train}
  sweep {{
    n in {{20, 40, 80}} samples
    {sweep}
    seed in 0..<3
  }}
  theory {{ {theory} }}
}}
"""


DESCENT = "gradient_descent(gd(lr: 0.1), mse, full, 50 epochs)"


def curves(theory, sweep="", regularizer="none", train="least_squares()"):
    text = TEXT.format(theory=theory, sweep=sweep, regularizer=regularizer, train=train)
    spec, problems, _ = check(text, "theory.dd")
    assert not problems
    return theory_curves(spec.experiments[0])


def risk(n, strength):
    word = RidgeRegression(
        samples=n, features=30, signal=1.0, noise_variance=0.25, strength=strength
    )
    return float(word.risks(())["test_loss"])


def test_a_theory_lies_on_the_axes_that_change_it_and_never_on_seeds():
    found = curves("exact: ridgeless()")
    assert set(found.dims) == {"n"}
    assert found.n.values.tolist() == [20, 40, 80]
    expected = Ridgeless(samples=40, features=30, signal=1.0, noise_variance=0.25).risks(())
    for name, value in expected.items():
        assert found[f"exact_{name}"].sel(n=40) == pytest.approx(float(value))


def test_a_theory_says_what_it_is_and_where_it_is_from():
    about = curves("exact: ridgeless()").exact_test_loss.attrs
    assert about["long_name"] == "test loss of ridgeless (exact)"
    assert about["theory"] == "ridgeless(features: 30, signal: 1.0, noise_variance: 0.25)"
    assert about["source"].startswith("Hastie, Montanari")
    assert about["source"].endswith("2020 (finite n and p).")
    assert (about["role"], about["quantity"], about["units"]) == ("theory", "test_loss", "1")


def test_compositions_are_labels_as_in_the_dataset():
    found = curves("exact: ridge_regression()", "reg in none | l2(0.1)", "reg")
    assert found.reg.values.tolist() == ["none", "l2(0.1)"]
    assert found.exact_test_loss.sel(reg="l2(0.1)", n=40) == pytest.approx(risk(40, 0.1))


def test_what_is_tuned_is_the_candidate_of_least_expected_risk():
    grid = (0.001, 0.1, 0.5, 5.0)
    tune = "tune({0.001, 0.1, 0.5, 5}, minimise: validation_loss, across: seed)"
    sweep = f"reg in none | l2(0.1) | l2({tune})"
    found = curves("exact: ridge_regression()", sweep, "reg")
    assert found.exact_test_loss.dims == ("n", "reg")
    for place, n in enumerate((20, 40, 80)):
        least = min(risk(n, each) for each in grid)
        assert found.exact_test_loss.values[place, 2] == pytest.approx(least)
        assert found.exact_test_loss.values[place, 1] == pytest.approx(risk(n, 0.1))


def test_one_candidate_for_several_points_is_the_best_on_average():
    tune = "l2(tune({0.001, 0.2, 5}, minimise: validation_loss, across: [n, seed]))"
    found = curves("exact: ridge_regression()", regularizer=tune).exact_test_loss
    means = {s: np.mean([risk(n, s) for n in (20, 40, 80)]) for s in (0.001, 0.2, 5)}
    best = min(means, key=means.get)
    assert found.values == pytest.approx([risk(n, best) for n in (20, 40, 80)])


def test_a_theory_of_training_is_read_at_the_points_of_the_trajectory():
    found = curves("exact: least_squares_descent()", "epochs in {0, 5, 50}", train=DESCENT)
    assert found.exact_test_loss.dims == ("n", "epochs")
    assert found.exact_test_loss.sel(epochs=0).values == pytest.approx(1.25)
    ends = curves("exact: least_squares_descent()", train=DESCENT)
    assert ends.exact_test_loss.dims == ("n",)
    assert ends.exact_test_loss.values == pytest.approx(found.exact_test_loss.sel(epochs=50).values)


def test_minibatches_make_several_updates_in_an_epoch():
    text = TEXT.format(theory="exact: least_squares_descent()", sweep="epochs in {0, 5}",
                       regularizer="none", train=DESCENT)  # fmt: skip
    text = text.replace("gd(lr", "sgd(lr").replace("full", "10 samples")
    spec, problems, _ = check(text, "theory.dd")
    assert [problem.code for problem in problems] == ["DD609"]
    (theory, *_) = spec.experiments[0].theories["exact"].values
    assert (theory.updates, theory.length) == (2, 100)


def test_points_without_a_cell_have_no_value():
    found = curves("exact: ridgeless()", "except n == 40")
    assert found.exact_test_loss.isnull().values.tolist() == [False, True, False]


def test_an_experiment_without_theory_has_no_curves():
    assert not curves("").data_vars
