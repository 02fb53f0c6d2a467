"""Pools are drawn or read once, within a bound on memory."""

import numpy as np
import pytest

from ddspec.training.data import Pools, size_of
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.datasets.mnist1d import Mnist1d


def gaussian(samples=20, **changes):
    return LinearGaussian(**({"samples": samples, "test": 10, "features": 4} | changes))


def test_a_finite_pool_is_made_once_for_all_seeds_and_sizes():
    pools = Pools()
    first = pools(Mnist1d(samples=5, test=10, pool_size=20), 0)
    assert pools(Mnist1d(samples=9, test=10, pool_size=20, label_noise=None), 7) is first
    assert pools(Mnist1d(samples=5, test=10, pool_size=30), 0) is not first


def test_a_drawn_pool_is_made_once_a_seed():
    pools = Pools()
    first = pools(gaussian(), 0)
    assert pools(gaussian(samples=9), 0) is first
    assert pools(gaussian(), 1) is not first


@pytest.mark.parametrize("more", [{"samples": 50}, {"validation": 5}])
def test_a_drawn_pool_grows_when_more_is_asked_for(more):
    pools = Pools()
    few, many = pools(gaussian(), 0), pools(gaussian(**more), 0)
    assert many is not few
    assert np.array_equal(many.train_inputs[:20], few.train_inputs)
    assert pools(gaussian(), 0) is many


def test_the_pools_used_last_are_kept():
    size = size_of(gaussian().pool(0, None))
    pools = Pools(memory=2 * size)
    first = pools(gaussian(), 0)
    pools(gaussian(), 1)
    assert pools(gaussian(), 0) is first
    pools(gaussian(), 2)  # pushes out seed 1, used longest ago
    assert pools(gaussian(), 0) is first
    assert len(pools._kept) == 2


def test_a_pool_larger_than_the_bound_is_kept_alone():
    pools = Pools(memory=1)
    assert pools(gaussian(), 0) is pools(gaussian(), 0)
