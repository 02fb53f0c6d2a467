"""The interpolation threshold is the smallest axis value that fits the training set."""

import numpy as np
import pytest

from ddspec.analysis.threshold import interpolation_threshold
from ddspec.errors import DdspecError
from tests.analysis.made import read_at, risks


def test_the_mean_over_seeds_must_be_small():
    ds = risks([[0.5, 0.5], [0.0, 0.04], [0.0, 0.02], [0.0, 0.0]])
    assert interpolation_threshold(ds) == 8
    assert interpolation_threshold(ds, epsilon=0.02) == 4
    assert interpolation_threshold(ds, epsilon=0.0) == 16


def test_only_the_end_of_training_counts():
    ds = risks([[0.5], [0.0], [0.0], [0.0]])
    assert interpolation_threshold(read_at(ds, early=0.0)) == 4
    assert interpolation_threshold(read_at(ds, early=0.9)) == 4


def test_nothing_fitted_is_nan():
    assert np.isnan(interpolation_threshold(risks([[0.5], [0.4], [0.3], [0.2]])))


def test_the_smallest_value_counts_in_whatever_order_they_were_written():
    ds = risks([[0.0], [0.5], [0.0], [0.9]], widths=(16, 4, 8, 2))
    assert interpolation_threshold(ds) == 8


def test_along_an_axis_that_makes_fitting_harder_the_largest_value_counts():
    ds = risks([[0.0], [0.0], [0.3], [0.5]]).rename(width="samples")
    assert interpolation_threshold(ds, "samples") == 4


def test_a_level_that_is_not_a_number_is_left_out():
    ds = risks([[0.5], [0.0], [0.0], [0.0]], widths=(2.0, 4.0, 8.0, np.nan))
    assert interpolation_threshold(ds) == 4


def test_other_design_axes_remain():
    ds = risks([[[0.5], [0.0], [0.0], [0.0]], [[0.5], [0.5], [0.0], [0.0]]], noise=(0.0, 0.15))
    found = interpolation_threshold(ds)
    assert found.dims == ("noise",)
    assert found.sel(noise=0.15) == 8


def test_a_seed_without_a_value_is_left_out():
    ds = risks([[0.5, np.nan], [0.0, np.nan], [0.0, 0.0], [0.0, 0.0]])
    assert interpolation_threshold(ds) == 4


def test_losses_are_compared_with_their_largest():
    ds = risks([[4.0], [2.0], [0.03], [1e-20]]).rename(train_error="train_loss")
    assert interpolation_threshold(ds) == 8


def test_the_name_says_what_was_found():
    found = interpolation_threshold(risks([[0.0]] * 4))
    assert found.long_name == "interpolation threshold: width with train_error <= 0.01"


@pytest.mark.parametrize("along", ["depth", "reg"])
def test_an_axis_that_is_no_number_is_said(along):
    ds = risks([[[0.0]] * 4], reg=("none",))
    with pytest.raises(DdspecError, match=f"no numeric axis `{along}`"):
        interpolation_threshold(ds, along)
