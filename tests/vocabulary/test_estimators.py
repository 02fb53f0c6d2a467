"""Estimators against closed forms, libraries and each other."""

import numpy as np
import pytest
from scipy.optimize import linprog, minimize
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.svm import SVC

from ddspec.vocabulary import margins
from ddspec.vocabulary.architectures.basis_pursuit import BasisPursuit
from ddspec.vocabulary.architectures.boosting import Boosting
from ddspec.vocabulary.architectures.lasso import Lasso
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.architectures.random_forest import RandomForest
from ddspec.vocabulary.architectures.svm import Svm
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.margins import Machine, largest_margin

DRAWS = Draws(3, "fit")


def drawn(n, p, k=1, seed=0):
    generator = np.random.default_rng(seed)
    return generator.standard_normal((n, p)), generator.standard_normal((n, k))


def classes(n, p, k, seed=0):
    generator = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(k), generator.integers(0, k, n - k)])
    return generator.standard_normal((n, p)), np.eye(k)[labels]


# --- trees ------------------------------------------------------------------------------------


def predicted(word, inputs, wanted, rows=None, counts=None):
    return word.fitted(inputs, wanted, counts, DRAWS).outputs(inputs if rows is None else rows)


def test_a_forest_of_classes_is_scikit_learns_with_the_seed_of_the_draws():
    inputs, wanted = classes(80, 9, 4)
    rows = drawn(30, 9, seed=1)[0]
    theirs = RandomForestClassifier(
        n_estimators=7, max_leaf_nodes=12, bootstrap=False, random_state=DRAWS.key("forest") % 2**32
    ).fit(inputs, wanted.argmax(1))
    mine = predicted(RandomForest(trees=7, leaves=12), inputs, wanted, rows)
    assert mine == pytest.approx(theirs.predict_proba(rows), abs=1e-12)


def test_one_tree_with_enough_leaves_interpolates_unless_it_is_bootstrapped():
    inputs, wanted = drawn(40, 5, 2)
    assert predicted(RandomForest(trees=1, leaves=40), inputs, wanted) == pytest.approx(wanted)
    again = predicted(RandomForest(trees=1, leaves=40, bootstrap=True), inputs, wanted)
    assert abs(again - wanted).max() > 0.1


def test_trees_nest():
    inputs, wanted = drawn(60, 6)
    few, many, last = (
        predicted(RandomForest(trees=t, leaves=8), inputs, wanted) for t in (2, 3, 4)
    )
    third, fourth = 3 * many - 2 * few, 4 * last - 3 * many
    one = predicted(RandomForest(trees=1, leaves=8), inputs, wanted)
    second = 2 * few - one
    for tree in (one, second, third, fourth):  # each is a tree: it has its leaves' values only
        assert len(np.unique(tree.round(9))) <= 8


def test_leaves_nest():
    inputs, wanted = drawn(60, 6)
    few, more = (predicted(RandomForest(trees=1, leaves=n), inputs, wanted) for n in (4, 9))
    for leaf in np.unique(more.round(9)):
        inside = np.isclose(more, leaf)
        assert len(np.unique(few[inside].round(9))) == 1


def test_what_a_sample_counts_moves_its_leaf():
    inputs, wanted = np.zeros((4, 1)), np.array([[0.0], [0.0], [0.0], [8.0]])
    counts = np.array([1.0, 1.0, 1.0, 5.0])
    found = predicted(RandomForest(trees=1, leaves=2), inputs, wanted, counts=counts)
    assert found == pytest.approx(np.full((4, 1), 5.0))


def test_a_boosted_sequence_is_scikit_learns_for_every_output():
    inputs, wanted = drawn(50, 6, 2)
    mine = predicted(Boosting(rounds=6, leaves=5, looks_at="all"), inputs, wanted)
    for column in range(2):
        theirs = GradientBoostingRegressor(
            learning_rate=0.85, n_estimators=6, max_leaf_nodes=5, max_depth=None, random_state=0
        ).fit(inputs, wanted[:, column])
        assert mine[:, column] == pytest.approx(theirs.predict(inputs))


def test_one_round_of_boosting_by_hand():
    inputs, wanted = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [0.0], [3.0]])
    found = predicted(Boosting(rounds=1, leaves=2, shrinkage=0.5), inputs, wanted)
    assert found == pytest.approx(np.array([[0.5], [0.5], [2.0]]))  # 1 + 0.5 (-1, -1, 2)


def test_ensembles_are_averages_of_sequences_with_other_draws():
    inputs, wanted = drawn(50, 30)
    one, two = (
        predicted(Boosting(rounds=3, leaves=4, ensembles=n), inputs, wanted) for n in (1, 2)
    )
    assert abs(one - two).max() > 0.01
    assert ((two - wanted) ** 2).mean() < 1.2 * ((one - wanted) ** 2).mean()


def test_sizes_of_trees_are_leaves_times_trees():
    assert RandomForest(trees=5, leaves=200).parameters((7,), 10) == 1000
    assert Boosting(rounds=5, leaves=20, ensembles=2).parameters((7,), 10) == 2000


# --- sparse weights ---------------------------------------------------------------------------


def weights(word, features, wanted, counts=None):
    return word.solved(features, wanted, counts, DRAWS)


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_lasso_of_an_orthogonal_design_is_the_soft_threshold(outputs):
    n, p, strength = 12, 5, 0.1
    basis = np.linalg.qr(drawn(n, p)[0])[0]
    wanted = drawn(n, outputs, seed=1)[0]
    # |A W - Y|^2 / (n k) + strength |W|_1 with A^T A = 1: threshold strength n k / 2
    ordinary, cut = basis.T @ wanted, strength * n * outputs / 2
    soft = np.sign(ordinary) * np.maximum(abs(ordinary) - cut, 0)
    assert (soft == 0).any()
    assert (soft != 0).any()
    assert weights(Lasso(strength=strength), basis, wanted) == pytest.approx(soft, abs=1e-7)


@pytest.mark.parametrize("strength", [1e-4, 0.05])
def test_the_lasso_minimizes_mse_with_l1(strength):
    features, wanted = drawn(30, 31, 2)
    counts = np.random.default_rng(5).uniform(0.5, 2, 30)
    found = weights(Lasso(strength=strength), features, wanted, counts)

    def objective(w):
        loss = ((features @ w - wanted) ** 2).mean(1)
        return np.average(loss, weights=counts) + strength * abs(w).sum()

    for step in np.random.default_rng(1).standard_normal((200, *found.shape)):
        assert objective(found + 1e-3 * step) >= objective(found)


def test_basis_pursuit_recovers_a_sparse_vector():
    features, _ = drawn(40, 100)
    true = np.zeros((100, 1))
    true[[3, 17, 80], 0] = 2.0, -1.0, 0.5
    found = weights(BasisPursuit(), features, features @ true)
    assert found == pytest.approx(true, abs=1e-9)


def test_basis_pursuit_is_the_linear_program():
    features, wanted = drawn(15, 40, 2)
    found = weights(BasisPursuit(), features, wanted)
    assert features @ found == pytest.approx(wanted, abs=1e-9)
    for column in range(2):
        split = np.hstack([features, -features])
        theirs = linprog(np.ones(80), A_eq=split, b_eq=wanted[:, column])
        assert abs(found[:, column]).sum() == pytest.approx(theirs.fun, rel=1e-7)
        assert (found[:, column] != 0).sum() == 15


def test_basis_pursuit_without_interpolation_is_least_squares():
    features, wanted = drawn(30, 8, 2)
    exact = np.linalg.lstsq(features, wanted, rcond=None)[0]
    assert weights(BasisPursuit(), features, wanted) == pytest.approx(exact)
    counts = np.linspace(0.5, 2, 30)
    scale = np.sqrt(counts)[:, None]
    exact = np.linalg.lstsq(scale * features, scale * wanted, rcond=None)[0]
    assert weights(BasisPursuit(), features, wanted, counts) == pytest.approx(exact)


def test_basis_pursuit_of_a_deficient_design_is_sparse_among_least_squares():
    features, wanted = drawn(30, 4)
    doubled = np.hstack([features, features @ np.array([[1.0], [1.0], [0.0], [0.0]])])
    found = weights(BasisPursuit(), doubled, wanted)
    exact = np.linalg.lstsq(features, wanted, rcond=None)[0]
    assert doubled @ found == pytest.approx(features @ exact)
    assert (abs(found) > 1e-9).sum() <= 4
    assert not weights(BasisPursuit(), np.zeros((3, 2)), wanted[:3]).any()


def test_basis_pursuit_is_the_limit_of_the_lasso():
    features, wanted = drawn(15, 25)  # coordinate descent gives up here
    near = weights(Lasso(strength=1e-5), features, wanted)
    assert near == pytest.approx(weights(BasisPursuit(), features, wanted), abs=1e-3)


# --- margins ----------------------------------------------------------------------------------


def test_a_margin_in_the_plane_by_hand():
    # (2, 0) and (0, 2) against their opposites: w . x >= 1 at both ends, so w = (1/2, 1/2).
    inputs = np.array([[2.0, 0.0], [0.0, 2.0], [3.0, 4.0], [-2.0, 0.0], [0.0, -2.0]])
    wanted = np.eye(2)[[1, 1, 1, 0, 0]]
    found = weights(Svm(), inputs, wanted)
    assert found[:, 1] - found[:, 0] == pytest.approx([0.5, 0.5])
    assert found.sum(axis=1) == pytest.approx([0, 0])


def test_the_hard_margin_of_two_classes_is_that_of_libsvm():
    inputs, wanted = classes(40, 60, 2)
    found = weights(Svm(), inputs, wanted)
    signs = 2 * wanted[:, 1] - 1
    difference = found[:, 1] - found[:, 0]
    assert (signs * (inputs @ difference)).min() == pytest.approx(1, abs=1e-9)
    # libsvm always has a constant; a kernel that is 0 between copies of opposite sign has none
    both, labels = np.vstack([inputs, -inputs]), np.concatenate([signs, -signs])
    theirs = SVC(kernel="linear", C=1e6, tol=1e-10).fit(both, labels)
    assert theirs.intercept_ == pytest.approx([0], abs=1e-6)
    assert difference == pytest.approx(theirs.coef_[0], abs=1e-6)


@pytest.mark.parametrize(("n", "p", "k"), [(12, 15, 3), (20, 12, 3), (9, 30, 4)])
def test_the_hard_margin_of_several_classes_is_that_of_a_quadratic_program(n, p, k):
    inputs, wanted = classes(n, p, k, seed=2)
    found = weights(Svm(), inputs, wanted)
    labels = wanted.argmax(1)

    def slack(flat):
        scores = inputs @ flat.reshape(p, k)
        own = scores[np.arange(n), labels][:, None]
        return (own - scores)[~wanted.astype(bool)] - 1

    theirs = minimize(
        lambda w: (w**2).sum() / 2, found.reshape(-1) + 0.1, jac=lambda w: w,
        constraints={"type": "ineq", "fun": slack}, options={"maxiter": 1000, "ftol": 1e-14},
    )  # fmt: skip
    assert slack(found.reshape(-1)).min() >= -1e-9
    assert (found**2).sum() == pytest.approx(2 * theirs.fun, rel=1e-6)


def test_the_hard_margin_does_not_rest_on_the_guess(monkeypatch):
    inputs, wanted = classes(20, 30, 3)
    machine = Machine(inputs, wanted.argmax(1), None, 0)
    exact = largest_margin(machine)
    monkeypatch.setattr(margins, "_certified", lambda rows, guess: None)
    assert largest_margin(machine) == pytest.approx(exact, abs=1e-8)
    monkeypatch.setattr(Machine, "nearly_hard", lambda self: np.zeros((30, 3)))
    assert largest_margin(machine) == pytest.approx(exact, abs=1e-8)


def test_where_nothing_separates_the_mean_hinge_loss_is_least():
    inputs, wanted = classes(60, 3, 2)
    least = Svm().losses(inputs @ weights(Svm(), inputs, wanted), wanted).mean()
    near = Svm().losses(inputs @ weights(Svm(strength=1e-3), inputs, wanted), wanted).mean()
    assert 0.1 < least <= near <= least + 1e-3


def test_a_strength_too_small_to_converge_is_an_error():
    inputs, wanted = classes(60, 3, 2)
    with pytest.raises(ArithmeticError, match="no convergence at strength 1e-07"):
        weights(Svm(strength=1e-7), inputs, wanted)


@pytest.mark.parametrize("k", [2, 4])
def test_the_soft_margin_minimizes_its_objective(k):
    inputs, wanted = classes(50, 6, k)
    counts = np.random.default_rng(5).uniform(0.5, 2, 50)
    word = Svm(strength=0.3)
    found = weights(word, inputs, wanted, counts)

    def objective(w):
        return (counts * word.losses(inputs @ w, wanted)).mean() + 0.15 * (w**2).sum()

    for step in np.random.default_rng(1).standard_normal((300, *found.shape)):
        assert objective(found + 3e-3 * step) >= objective(found)


def test_a_class_without_samples_has_no_weights():
    inputs, wanted = classes(20, 30, 3)
    wider = np.hstack([wanted[:, :1], np.zeros((20, 1)), wanted[:, 1:]])
    assert np.array_equal(
        weights(Svm(), inputs, wider)[:, [0, 2, 3]], weights(Svm(), inputs, wanted)
    )
    assert not weights(Svm(), inputs, np.eye(4)[[1] * 20]).any()


def test_the_loss_of_margins_by_hand():
    outputs = np.array([[2.0, 0.5, 0.0], [0.0, 0.2, 1.0], [3.0, 0.0, 1.0]])
    wanted = np.eye(3)[[0, 1, 0]]
    assert Svm().losses(outputs, wanted) == pytest.approx([0.0, 1.8, 0.0])


# --- the model whose weights are found --------------------------------------------------------


def test_a_linear_estimator_has_the_parameters_and_needs_of_its_model():
    word = Svm(of=Linear(features=7, bias=True))
    assert word.parameters((9,), 3) == 24
    assert word.least_inputs == 7
    assert not word.random
    assert Lasso(strength=1.0, of=RandomFeatures(features=5)).random


def test_an_estimator_is_not_built():
    with pytest.raises(TypeError, match="svm is fitted, not built"):
        Svm().build((3,), 2)
