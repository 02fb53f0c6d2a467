"""Which samples a cell trains on, validates on and is tested on."""

import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.training.selection import select
from ddspec.vocabulary.corruptions.uniform import Uniform
from ddspec.vocabulary.corruptions.wrong import Wrong
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from tests.training.made import CLASSES, cell, data


def chosen(seed=0, **settings):
    return select(cell(data(**settings), seed=seed), CLASSES)


def test_smaller_training_sets_are_prefixes_with_the_same_labels():
    noise = Uniform(share=0.4)
    whole = chosen(samples=50, label_noise=noise).train
    part = chosen(samples=20, label_noise=noise).train
    assert np.array_equal(part.rows, whole.rows[:20])
    assert np.array_equal(part.targets, whole.targets[:20])


def test_validation_is_the_end_of_the_order_and_apart_from_training():
    both = chosen(samples=40, validation=20)
    assert sorted([*both.train.rows, *both.validation.rows]) == list(range(60))
    fewer = chosen(samples=10, validation=20)
    assert np.array_equal(both.validation.rows, fewer.validation.rows)


def test_noise_is_on_training_and_validation_labels_by_their_own_draws():
    noisy = chosen(samples=30, validation=30, label_noise=Wrong(share=1.0))
    clean = chosen(samples=30, validation=30)
    assert (noisy.train.targets != clean.train.targets).all()
    assert (noisy.validation.targets != clean.validation.targets).all()
    shifts = [
        (n.targets - c.targets) % 10
        for n, c in ((noisy.train, clean.train), (noisy.validation, clean.validation))
    ]
    assert not np.array_equal(*shifts)


def test_test_labels_are_clean():
    assert np.array_equal(chosen(noise=1.0).test.targets, CLASSES.test_targets)


def test_targets_without_noise_are_those_of_the_pool():
    part = chosen().train
    assert np.array_equal(part.targets, CLASSES.train_targets[part.rows])
    assert np.array_equal(part.taken(), CLASSES.train_inputs[part.rows])


def test_every_data_seed_has_its_own_order():
    assert not np.array_equal(chosen(seed=0).train.rows, chosen(seed=1).train.rows)


def test_drawn_pools_are_taken_as_drawn():
    dataset = LinearGaussian(samples=8, test=5, validation=3, features=4)
    part = select(cell(dataset), dataset.pool(0, None))
    assert part.train.rows.tolist() == list(range(8))
    assert part.validation.rows.tolist() == list(range(3))
    assert part.validation.inputs.shape == (3, 4)


@pytest.mark.parametrize(
    "wanted", [{"samples": 61}, {"samples": 41, "validation": 20}, {"test": 31}]
)
def test_a_pool_that_is_too_small_is_an_error(wanted):
    with pytest.raises(DdspecError, match=r"mnist1d has [36]0"):
        chosen(**wanted)
