"""Minibatches: every epoch is a permutation, whatever stretch of steps is asked for."""

import attrs
import numpy as np
import pytest

from ddspec.training.course import Course
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.schema import Duration
from tests.training.made import cell, data, descent


def course(samples=30, seed=0, **changes):
    return Course.of(cell(data(samples), train=descent(**changes), seed=seed))


def test_an_epoch_visits_every_sample_once():
    for places in np.split(course().places(0, 8), 2):
        assert sorted(places[places >= 0]) == list(range(30))


def test_a_short_minibatch_ends_the_epoch_and_is_padded():
    places = course().places(0, 4)
    assert places.shape == (4, 8)
    assert (places[:3] >= 0).all()
    assert (places[3] >= 0).tolist() == [True] * 6 + [False] * 2


def test_epochs_differ():
    first, second = np.split(course().places(0, 8), 2)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (3, 5), (2, 12), (7, 24), (4, 8)])
def test_a_stretch_does_not_depend_on_where_it_is_cut(first, last):
    whole, one = course().places(0, 24), course()
    assert np.array_equal(one.places(first, last), whole[first:last])


def test_cells_of_one_order_seed_share_their_minibatches():
    other = cell(data(30, 0.3), train=descent(Sgd(lr=Cosine(rate=1.0))))
    assert np.array_equal(Course.of(other).places(0, 8), course().places(0, 8))
    assert not np.array_equal(course(seed=1).places(0, 8), course().places(0, 8))


def test_steps_follow_from_epochs():
    assert course().steps == 24
    assert course(duration=Duration(10, "steps")).steps == 10
    assert (course(batch=100).rows, course(batch=100).steps) == (30, 6)


def test_rates_are_those_of_the_whole_run():
    one = course(optimizer=Sgd(lr=Cosine(rate=1.0)))
    assert np.array_equal(one.rates(5, 9), Cosine(rate=1.0).rates(np.arange(5, 9), 24))


def test_dropout_keys_differ_by_step_and_order_seed_only():
    keys = course().keys(0, 50)
    assert keys.dtype == np.int64
    assert len(set(keys)) == 50
    assert np.array_equal(course().keys(7, 9), keys[7:9])
    assert not set(course(seed=1).keys(0, 50)) & set(keys)
    other = attrs.evolve(cell(), id="other")
    assert np.array_equal(Course.of(other).keys(0, 50), keys)
