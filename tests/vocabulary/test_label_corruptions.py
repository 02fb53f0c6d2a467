"""Corruptions that go by classes: exact counts, and what holds of smaller training sets."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from ddspec.vocabulary.corruptions.asymmetric import Asymmetric
from ddspec.vocabulary.corruptions.balanced import Balanced
from ddspec.vocabulary.corruptions.censored import Censored
from ddspec.vocabulary.corruptions.permuted import Permuted
from ddspec.vocabulary.corruptions.uniform import Uniform
from ddspec.vocabulary.datasets.gaussian_mixture import GaussianMixture
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.draws import Draws

DRAWS = Draws(3, "label noise")
LABELS = np.random.default_rng(0).integers(0, 10, 4_000)


@pytest.mark.parametrize(
    "word",
    [
        Balanced(share=0.35),
        Asymmetric(share=0.4),
        Asymmetric(share=0.4, count="bernoulli", onto=(1, 1, 3, 2, 4, 5, 6, 7, 8, 0)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("count", [1, 7, 99, 1_000])
def test_smaller_training_sets_keep_their_labels(word, count):
    whole = word.corrupt(LABELS, 10, DRAWS)
    assert np.array_equal(word.corrupt(LABELS[:count], 10, DRAWS), whole[:count])


def test_balanced_noise_moves_the_same_number_from_every_class_to_every_other():
    labels = np.tile(np.arange(10), 450)
    noisy = Balanced(share=0.2).corrupt(labels, 10, DRAWS)
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (labels, noisy), 1)
    assert (np.diag(confusion) == 360).all()
    assert (confusion[~np.eye(10, dtype=bool)] == 10).all()


def test_balanced_noise_is_exact_in_classes_of_any_size():
    noisy = Balanced(share=0.3).corrupt(LABELS, 10, DRAWS)
    for each in range(10):
        own = each == LABELS
        assert (noisy[own] != each).sum() == int(own.sum() * 3 // 10)
        moved = np.bincount(noisy[own & (noisy != LABELS)], minlength=10)
        assert moved[each] == 0
        assert np.delete(moved, each).max() - np.delete(moved, each).min() <= 1


def test_balanced_noise_is_drawn_anew_for_every_seed():
    one, other = (Balanced(share=0.3).corrupt(LABELS, 10, Draws(s, "x")) for s in (0, 1))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("count", ["exact", "bernoulli"])
def test_permuted_labels_keep_the_counts_of_classes(count):
    noisy = Permuted(share=0.5, count=count).corrupt(LABELS, 10, DRAWS)
    assert np.array_equal(np.bincount(noisy), np.bincount(LABELS))
    share = (noisy != LABELS).mean()
    assert abs(share - 0.5 * 0.9) < 0.03


def test_a_permutation_of_all_labels_makes_nine_in_ten_wrong():
    noisy = Permuted(share=1.0).corrupt(LABELS, 10, DRAWS)
    assert abs((noisy != LABELS).mean() - 0.9) < 0.02


def test_permuted_labels_of_fewer_samples_change_at_the_same_places_only():
    distinct = np.arange(400)  # so that every label that takes part is seen to move
    whole = Permuted(share=0.3).corrupt(distinct, 400, DRAWS)
    part = Permuted(share=0.3).corrupt(distinct[:100], 400, DRAWS)
    still = np.diff(np.arange(101) * 3 // 10) == 0
    assert sorted(part) == list(range(100))
    for labels in (whole[:100], part):
        assert np.array_equal(labels[still], distinct[:100][still])
        assert (labels[~still] != distinct[:100][~still]).mean() > 0.8


def test_asymmetric_noise_takes_each_class_for_the_next():
    noisy = Asymmetric(share=1.0).corrupt(LABELS, 10, DRAWS)
    assert np.array_equal(noisy, (LABELS + 1) % 10)


def test_asymmetric_noise_follows_its_map_and_leaves_fixed_classes_clean():
    onto = (1, 0, 2, 5, 7, 3, 6, 7, 8, 1)
    noisy = Asymmetric(share=0.5, onto=onto).corrupt(LABELS, 10, DRAWS)
    moved = noisy != LABELS
    assert np.array_equal(noisy[moved], np.array(onto)[LABELS[moved]])
    assert not moved[np.isin(LABELS, [2, 6, 7, 8])].any()
    assert moved.any()


def test_a_map_must_suit_the_classes():
    digits = Mnist1d(samples=10)
    assert Asymmetric(share=0.1).refuses(digits) == ""
    assert "10 classes" in Asymmetric(share=0.1, onto=(1, 0)).refuses(digits)
    assert "10 is none" in Asymmetric(share=0.1, onto=(*range(9), 10)).refuses(digits)


def test_a_teacher_labels_as_the_library_fitted_alike_does():
    generator = np.random.default_rng(1)
    inputs = generator.standard_normal((300, 4)).astype(np.float32)
    labels = (inputs[:, 0] > 0).astype(int) + (inputs[:, 1] > 0)
    told = Censored(hidden=3, epochs=20, teacher_samples=200).taught(inputs, labels, 3)(inputs)
    plain = MLPClassifier((3,), max_iter=20, n_iter_no_change=99, random_state=0, tol=0.0)
    with pytest.warns(ConvergenceWarning):
        plain.fit(inputs[:200], labels[:200])
    assert np.array_equal(told, plain.predict(inputs))
    assert told.dtype == np.int64


def test_random_labels_of_a_teacher_are_uniform_noise():
    noisy = Censored(hidden=3, random=0.2).corrupt(LABELS, 10, DRAWS)
    assert np.array_equal(noisy, Uniform(share=0.2).corrupt(LABELS, 10, DRAWS))


def test_a_teacher_needs_a_pool_that_seeds_share():
    drawn = GaussianMixture(samples=10, features=2)
    assert "for every seed" in Censored(hidden=3).refuses(drawn)
    assert Censored(hidden=3).refuses(Mnist1d(samples=10)) == ""


@pytest.mark.parametrize("word", [Balanced, Permuted, Asymmetric])
def test_share_zero_is_neutral_and_changes_nothing(word):
    assert word(share=0.0).neutral
    assert not word(share=0.1).neutral
    assert np.array_equal(word(share=0.0).corrupt(LABELS, 10, DRAWS), LABELS)
