"""The interpolation threshold is the smallest axis value that fits the training set."""

import numpy as np
import pytest

from ddspec.analysis.phenomena.threshold import interpolation_threshold, thresholds
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


# --- between axis values, with intervals -----------------------------------------------------


def test_the_threshold_lies_between_two_widths():
    found = thresholds(risks([[0.5] * 3, [0.5] * 3, [0.02] * 3, [0.0] * 3]))
    np.testing.assert_allclose(found.threshold, 8 * 2**0.5, rtol=1e-6)
    np.testing.assert_allclose([found.low, found.high], found.threshold, rtol=1e-6)
    assert found.side == 0
    assert (found.tried_before, found.tried_after) == (8, 16)


def test_a_bump_of_the_training_error_is_smoothed():
    found = thresholds(risks([[0.5], [0.0], [0.04], [0.0]]), epsilon=0.02)
    np.testing.assert_allclose(found.threshold, 4, rtol=1e-6)  # 0 and 0.04 are pooled


@pytest.mark.parametrize(("train", "side"), [(0.5, 1), (0.0, -1), (np.nan, 2)])
def test_beyond_the_axis_no_threshold_is_guessed(train, side):
    found = thresholds(risks([[train] * 3] * 4))
    assert np.isnan(found.threshold)
    assert found.side == side
    assert found.side.attrs["flag_meanings"].split()[side + 1 if side < 2 else 3]


def test_where_fitting_grows_harder_the_last_value_that_fits_counts():
    ds = risks([[0.0], [0.0], [0.02], [0.5]]).rename(width="samples")
    np.testing.assert_allclose(thresholds(ds, "samples").threshold, 4 * 2**0.5, rtol=1e-6)


def test_a_threshold_for_every_reading():
    ds = read_at(risks([[0.5], [0.5], [0.0], [0.0]]), early=0.0)
    found = thresholds(ds, at="every")
    assert found.threshold.dims == ("epochs",)
    assert found.side.values.tolist() == [-1, 0]


def test_the_interval_holds_the_threshold():
    rng = np.random.default_rng(4)
    widths = np.geomspace(2, 64, 11)
    true = 0.5 / (1 + (widths / 8) ** 4)  # 0.1 at 8 x sqrt(2)
    whole = 1 + 0.2 * rng.standard_normal((200, 1, 4))
    ds = risks(true[:, None] * (whole + 0.1 * rng.standard_normal((200, 11, 4))), widths=widths,
               repeat=range(200))  # fmt: skip
    found = thresholds(ds, epsilon=0.1)
    held = (found.low <= 8 * 2**0.5) & (found.high >= 8 * 2**0.5)
    assert 0.9 < held.mean() < 0.99


def test_predictions_are_where_parameters_are_as_many_as_samples():
    ds = risks([[[0.0]] * 4] * 2, samples=(20, 80))
    ds = ds.assign_coords(parameters=("width", [10, 40, 160, 640])).assign_attrs(outputs=4)
    found = thresholds(ds)
    np.testing.assert_allclose(found.parameters_n, [2 * 2**0.5, 4 * 2**0.5])
    np.testing.assert_allclose(found.parameters_nk, [4 * 2**0.5, 8 * 2**0.5])
    assert found.parameters_nk.long_name == "width with as many parameters as 4 x samples"


def test_the_number_of_samples_may_be_an_attribute():
    ds = risks([[0.0]] * 4).assign_coords(parameters=("width", [10, 40, 160, 640]))
    assert "parameters_n" not in thresholds(ds)
    found = thresholds(ds.assign_attrs(train_samples=160))
    np.testing.assert_allclose(found.parameters_n, 8)
    assert np.isnan(thresholds(ds.assign_attrs(train_samples=1_000)).parameters_n)


def test_along_samples_parameters_are_the_prediction():
    ds = risks([[[0.0]] * 4] * 2, depth=(1, 2)).rename(width="samples")
    ds = ds.assign_coords(parameters=("depth", [5, 100]))
    found = thresholds(ds, "samples")
    np.testing.assert_array_equal(found.parameters_n, [5, np.nan])
