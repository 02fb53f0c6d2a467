"""Runs are read at their end, where validation likes them best, or at a given reading."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.reduction import reduced
from ddspec.errors import DdspecError

NAN = np.nan


def trained(test, validation=None, points=(1, 10, 100), status=None):
    """Risks (width, seed, epochs) of one width."""
    test = np.asarray([test], float)
    ds = xr.Dataset(
        {"test_error": (("width", "seed", "epochs"), test)},
        {"width": [8], "epochs": list(points)},
    )
    if validation is not None:
        ds["validation_error"] = ds.test_error.copy(data=np.asarray([validation], float))
    if status is not None:
        about = {"flag_values": [1, 4], "flag_meanings": "done stopped"}
        ds["status"] = (("width", "seed"), [status], about)
    return ds


TWO = trained([[0.5, 0.2, 0.3], [0.6, 0.4, 0.1]], [[0.5, 0.1, 0.2], [0.5, 0.2, 0.3]])


def test_the_end_is_the_last_reading():
    np.testing.assert_array_equal(reduced(TWO, "test_error"), [[0.3, 0.1]])


def test_the_best_reading_is_the_same_for_all_seeds():
    found = reduced(TWO, "test_error", "best")
    np.testing.assert_array_equal(found, [[0.2, 0.4]])
    assert found.epochs.values.tolist() == [10]


def test_each_seed_may_choose_its_own():
    ds = TWO.copy(deep=True)
    ds.validation_error[0, 1] = [0.5, 0.2, 0.1]
    np.testing.assert_array_equal(reduced(ds, "test_error", "best", each=True), [[0.2, 0.1]])


def test_losses_choose_where_there_are_no_errors():
    ds = TWO.rename(validation_error="validation_loss")
    np.testing.assert_array_equal(reduced(ds, "test_error", "best"), [[0.2, 0.4]])


def test_a_reading_that_a_seed_lacks_is_not_the_best():
    ds = trained([[0.5, 0.2, 0.1]] * 2, [[0.5, 0.4, 0.0], [0.5, 0.4, NAN]])
    np.testing.assert_array_equal(reduced(ds, "test_error", "best"), [[0.2, 0.2]])


def test_a_seed_without_readings_has_no_say():
    ds = trained([[0.5, 0.2, 0.1], [NAN] * 3], [[0.5, 0.4, 0.0], [NAN] * 3])
    np.testing.assert_array_equal(reduced(ds, "test_error", "best"), [[0.1, NAN]])


def test_nothing_measured_gives_no_best():
    ds = trained([[0.5, 0.2, 0.1]], [[NAN] * 3])
    assert np.isnan(reduced(ds, "test_error", "best")).all()


def test_a_stopped_run_stays_where_it_stopped():
    readings = [[0.5, 0.2, NAN], [0.5, 0.2, 0.1]]
    ds = trained(readings, readings, status=[4, 1])
    np.testing.assert_array_equal(reduced(ds, "test_error", 100), [[0.2, 0.1]])
    np.testing.assert_array_equal(reduced(ds, "test_error", "best"), [[0.2, 0.1]])


def test_the_nearest_reading_is_taken():
    np.testing.assert_array_equal(reduced(TWO, "test_error", 20), [[0.2, 0.4]])


@pytest.mark.parametrize("at", [0, 101])
def test_a_reading_outside_of_those_recorded_is_refused(at):
    with pytest.raises(DdspecError, match=f"nothing was read at {at} epochs"):
        reduced(TWO, "test_error", at)


def test_test_samples_choose_nothing():
    with pytest.raises(DdspecError, match="test samples choose nothing"):
        reduced(TWO, "test_error", "best", by="test_error")
    with pytest.raises(DdspecError, match="no validation samples") as raised:
        reduced(TWO.drop_vars("validation_error"), "test_error", "best")
    assert raised.value.help


def test_one_reading_leaves_nothing_to_choose():
    with pytest.raises(DdspecError, match="at the end of training only"):
        reduced(TWO.isel(epochs=-1), "test_error", "best")
