"""Label noise acts by a label's place: nested in the number of samples, alike for every share."""

from fractions import Fraction

import numpy as np
import pytest

from ddspec.vocabulary.corruptions.uniform import Uniform
from ddspec.vocabulary.corruptions.wrong import Wrong
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.noise import redrawn

DRAWS = Draws(3, "label noise")
LABELS = np.arange(20_000) % 10
WORDS = [
    kind(share=share, count=count)
    for kind in (Uniform, Wrong)
    for share in (0.15, 0.4)
    for count in ("exact", "bernoulli")
]


@pytest.mark.parametrize("word", WORDS, ids=repr)
def test_smaller_training_sets_keep_their_labels(word):
    whole = word.corrupt(LABELS, 10, DRAWS)
    for count in (1, 99, 4_000):
        assert np.array_equal(word.corrupt(LABELS[:count], 10, DRAWS), whole[:count])


@pytest.mark.parametrize("share", [0.15, 0.1, 1 / 3, 0.123456789012345, 1.0, 0.0])
@pytest.mark.parametrize("count", [1, 7, 20, 1_000, 4_000])
def test_exact_counts_are_exact(share, count):
    chosen = redrawn(share, "exact", count, DRAWS)
    assert chosen.sum() == int(Fraction(repr(share)) * count)


def test_exact_places_follow_the_rule():
    share = Fraction("0.37")
    rule = [int(share * (i + 1)) > int(share * i) for i in range(500)]
    assert redrawn(0.37, "exact", 500, DRAWS).tolist() == rule


def test_bernoulli_counts_vary_around_their_mean():
    counts = [redrawn(0.2, "bernoulli", 1_000, Draws(s, "label noise")).sum() for s in range(50)]
    assert len(set(counts)) > 20
    assert abs(np.mean(counts) - 200) < 4 * np.sqrt(160 / 50)


@pytest.mark.parametrize("kind", [Uniform, Wrong])
def test_a_redrawn_label_is_the_same_for_every_share_and_count(kind):
    all_of_them = kind(share=1.0).corrupt(LABELS, 10, DRAWS)
    for share, count in ((0.3, "exact"), (0.6, "bernoulli")):
        noisy = kind(share=share, count=count).corrupt(LABELS, 10, DRAWS)
        changed = noisy != LABELS
        assert np.array_equal(noisy[changed], all_of_them[changed])


def test_wrong_labels_are_wrong_and_uniform_over_the_others():
    noisy = Wrong(share=1.0).corrupt(LABELS, 10, DRAWS)
    counts = np.bincount((noisy - LABELS) % 10, minlength=10)
    assert counts[0] == 0
    assert np.abs(counts[1:] - 20_000 / 9).max() < 5 * np.sqrt(20_000 / 9)


def test_uniform_labels_are_uniform_over_all_classes():
    noisy = Uniform(share=1.0).corrupt(np.zeros(20_000, np.int64), 10, DRAWS)
    assert np.abs(np.bincount(noisy, minlength=10) - 2_000).max() < 5 * np.sqrt(2_000)


def test_share_zero_changes_nothing():
    assert np.array_equal(Wrong(share=0.0).corrupt(LABELS, 10, DRAWS), LABELS)
