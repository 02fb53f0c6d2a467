"""Bands hold the expected risk as often as they say."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.bands import band
from ddspec.errors import DdspecError
from tests.analysis.made import read_at, risks


def drawn(seeds, curves=2_000, **noise):
    """Curves of independent points of mean 1, log-normal with a spread of 25 %."""
    draws = np.random.default_rng(seeds).standard_normal((seeds, curves))
    values = np.exp(0.25 * draws - 0.25**2 / 2)
    return xr.Dataset({"test_error": (("seed", "width"), values)}, {"width": np.arange(curves)})


def covered(found):
    return float(((found.low <= 1) & (found.high >= 1)).mean())


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_95_percent_are_about_95_percent(seeds):
    assert 0.92 < covered(band(drawn(seeds))) < 0.97
    assert 0.92 < covered(band(drawn(seeds), method="bootstrap")) < 0.97


def test_the_t_interval_is_students():
    ds = risks([[0.1, 0.2, 0.3]] * 4)
    found = band(ds)
    np.testing.assert_allclose(found["mean"], 0.2, rtol=1e-6)
    np.testing.assert_allclose(found.high - found["mean"], 4.302653 * 0.1 / 3**0.5, rtol=1e-5)
    assert (found.seeds, found.low.dims) == (3, ("width",))


def test_one_draw_of_seeds_serves_all_points():
    ds = risks(np.full((4, 5), 0.2) + np.arange(5) / 100)
    found = band(ds, method="bootstrap")
    assert len(np.unique(found.low.values.round(6))) == 1


def test_means_of_a_curve_are_of_the_same_seeds():
    ds = risks([[0.1, 0.2, 0.9], [0.1, 0.2, np.nan], [0.1, 0.2, 0.9], [0.1, 0.2, 0.9]])
    found = band(ds)
    np.testing.assert_allclose(found["mean"], 0.15, rtol=1e-6)
    assert found.seeds == 2


def test_a_place_that_most_seeds_lack_is_left_out():
    ds = risks([[0.1] * 3, [np.nan, np.nan, 0.3], [0.1] * 3, [np.nan] * 3])
    found = band(ds)
    np.testing.assert_array_equal(np.isnan(found["mean"]), [False, True, False, True])
    assert found.seeds == 3


def test_one_seed_has_no_band():
    found = band(risks([[0.1], [0.2], [0.3], [0.4]]))
    assert np.isfinite(found["mean"]).all()
    assert np.isnan(found.low).all()


def test_bands_along_epochs_keep_every_reading():
    ds = read_at(risks([[0.1, 0.2]] * 4), points=(1, 10), early=0.5)
    found = band(ds, along="epochs")
    np.testing.assert_allclose(found["mean"].sel(width=8), [0.5, 0.15], rtol=1e-6)


def test_what_is_asked_for_must_be_there():
    with pytest.raises(DdspecError, match="no numeric axis `depth`"):
        band(risks([[0.1]] * 4), along="depth")
    with pytest.raises(DdspecError, match="no variable `loss`"):
        band(risks([[0.1]] * 4), "loss")
    bare = xr.Dataset({"test_loss": ("reg", [0.1, 0.2])}, {"reg": ["none", "decay"]})
    with pytest.raises(DdspecError, match="no axis"):
        band(bare)
