"""The end of a run is its last reading, wherever that is."""

import numpy as np
import xarray as xr

from ddspec.analysis.ends import averaged, ends, replicates, trajectory
from tests.analysis.made import read_at, risks


def test_the_end_is_the_last_reading():
    ds = risks([[0.4], [0.3], [0.2], [0.1]])
    np.testing.assert_array_equal(ends(read_at(ds), "test_error"), ds.test_error)


def test_a_stopped_run_ends_where_it_stopped():
    ds = read_at(risks([[0.4], [0.3], [0.2], [0.1]]), early=0.7)
    ds["test_error"][{"width": 1, "epochs": -1}] = np.nan
    assert np.isnan(ends(ds, "test_error")[1])
    ds["status"][{"width": 1}] = 4
    np.testing.assert_allclose(ends(ds, "test_error")[:, 0], [0.4, 0.7, 0.2, 0.1])


def test_a_design_axis_called_epochs_is_no_trajectory():
    ds = risks([[[0.4], [0.3], [0.2], [0.1]]], epochs=(10,))
    assert trajectory(ds) is None
    assert ends(ds, "test_error").dims == ("epochs", "width", "seed")


def test_the_mean_is_over_the_replicates_that_are_there():
    ds = risks([[0.5, np.nan], [0.2, 0.4], [0.0, 0.0], [np.nan, np.nan]])
    np.testing.assert_allclose(averaged(ds, ds.test_error), [0.5, 0.3, 0.0, np.nan])
    assert replicates(ds) == ("seed",)
    assert replicates(ds.isel(seed=0)) == ()


def test_replicates_of_a_dataset_made_by_hand_go_by_their_names():
    bare = xr.Dataset({"test_error": (("width", "seed_data", "seed_init"), np.zeros((2, 3, 1)))})
    assert replicates(bare) == ("seed_data", "seed_init")
    assert replicates(bare.assign_attrs(sample_dims="")) == ()


def test_a_dataset_without_attributes_is_known_by_its_names():
    values = np.arange(12.0).reshape(2, 3, 2)
    ds = xr.Dataset({"test_error": (("width", "epochs", "seed"), values)})
    assert replicates(ds) == ("seed",)
    assert ends(ds, "test_error").dims == ("width", "seed")
