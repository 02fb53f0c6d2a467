"""Curves are of whole seeds without gaps, and noise is what their signs make of them."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.curves import axis_name, complete, risk_name
from ddspec.analysis.statistics import flips
from ddspec.errors import DdspecError
from tests.analysis.made import read_at, risks

NAN = np.nan


def test_a_seed_with_a_gap_is_left_out():
    seeds, places = complete(np.asarray([[1, 2, 3], [1, NAN, 3], [1, 2, 3]]))
    assert seeds.tolist() == [True, False, True]
    assert places.all()


def test_a_place_that_most_seeds_lack_goes_before_its_seeds():
    seeds, places = complete(np.asarray([[1, 2, 3], [1, NAN, 3], [1, NAN, 3]]))
    assert seeds.all()
    assert places.tolist() == [True, False, True]


def test_nothing_is_complete_where_nothing_is():
    seeds, places = complete(np.full((2, 3), NAN))
    assert not seeds.any()
    assert not places.any()


def test_the_error_and_the_width_are_asked_for_unless_others_are():
    ds = read_at(risks([[[0.1]] * 4] * 2, depth=(1, 2)))
    assert (risk_name(ds), axis_name(ds)) == ("test_error", "width")
    assert axis_name(ds.rename(width="heads")) == "depth"
    assert risk_name(ds.rename(test_error="test_loss")) == "test_loss"
    with pytest.raises(DdspecError, match="no axis of the dataset is one of numbers"):
        axis_name(ds.isel(width=0, depth=0))


def test_what_all_places_of_a_seed_share_is_no_error_of_a_difference():
    curve = np.random.default_rng(0).standard_normal((5, 20))
    shifted = curve + 100 * np.arange(5)[:, None]
    np.testing.assert_allclose(flips.pooled_error(shifted), flips.pooled_error(curve))


def test_noise_has_the_error_of_its_own_draw():
    curve = np.random.default_rng(0).standard_normal((4, 6))
    signs = np.random.default_rng(3).choice((-1.0, 1.0), (8, 4))
    tables = signs[:, :, None] * (curve - curve.mean(axis=0))
    there = [flips.pooled_error(table) > 0 for table in tables]
    expected = [table.mean(axis=0) / flips.pooled_error(table) for table in tables]
    found = flips.noise_means(curve, 8, seed=3)
    assert all(there)
    np.testing.assert_allclose(found, expected)


def test_the_greatest_hump_stands_above_both_sides():
    assert flips.greatest_hump(np.asarray([3.0, 1.0, 2.5, 0.0, 9.0])) == 1.5
    assert flips.greatest_rise(np.asarray([3.0, 1.0, 2.5, 0.0, 9.0])) == 9.0


def test_equal_seeds_make_every_difference_certain_but_rounding():
    curve = np.full((3, 4), 0.3)
    sizes = flips.in_errors(np.asarray([0.1, 1e-12, -0.1]), curve)
    np.testing.assert_array_equal(sizes, [np.inf, 0, -np.inf])


def test_a_dataset_of_steps_is_read_along_them():
    ds = xr.Dataset({"test_loss": (("steps", "seed"), np.zeros((3, 2)))})
    assert risk_name(ds) == "test_loss"
