"""Rises of risk where more should help are found, with bounds that hold for all pairs at once."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.phenomena.more_data import more_data_hurts
from ddspec.errors import DdspecError

SAMPLES = [100, 200, 400, 800]


def risk(values, samples=SAMPLES):
    dims = ("repeat", "seed", "samples")[-values.ndim :]
    return xr.Dataset({"test_error": (dims, values)}, {"samples": list(samples)})


def about(*means, spread=0.01, seeds=5):
    noise = np.random.default_rng(5).standard_normal((seeds, len(means)))
    return risk(np.asarray(means) + spread * (noise - noise.mean(axis=0)), SAMPLES[: len(means)])


def test_the_largest_rise_has_its_pair():
    found = more_data_hurts(about(0.3, 0.2, 0.5, 0.4))
    np.testing.assert_allclose(found.worst, 0.3)
    assert (found["from"], found["to"]) == (200, 400)
    assert found.low < 0.3 < found.high
    assert found.p_value < 0.01


def test_every_pair_that_hurts_is_marked():
    found = more_data_hurts(about(0.3, 0.2, 0.5, 0.4))
    pairs = [(i, j) for i in SAMPLES for j in SAMPLES if found.hurts.sel(samples=i, samples_to=j)]
    assert pairs == [(100, 400), (100, 800), (200, 400), (200, 800)]


def test_where_risk_falls_nothing_hurts():
    found = more_data_hurts(about(0.5, 0.4, 0.3, 0.2))
    assert found.worst < 0
    assert found.p_value == 1
    assert not found.hurts.any()


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_flat_noise_hurts_in_one_of_twenty_curves_at_most(seeds):
    rng = np.random.default_rng(seeds)
    noise = rng.standard_normal((400, seeds, 8)) + rng.standard_normal((400, seeds, 1))
    found = more_data_hurts(risk(noise, np.arange(8)), resamples=199)
    assert found.hurts.any(["samples", "samples_to"]).mean() <= 0.08
    assert (found.p_value <= 0.05).mean() <= 0.08


def test_bounds_hold_for_all_pairs_at_once():
    means = np.asarray([0.0, 1.0, 0.5, 2.0, 1.0])
    noise = np.random.default_rng(2).standard_normal((300, 5, 5))
    found = more_data_hurts(risk(means + noise, np.arange(5)), resamples=300)
    true = means - means[:, None]
    later = np.triu(np.ones((5, 5), bool), 1)
    held = (found.rise_low.values <= true) & (true <= found.rise_high.values)
    assert held[:, later].all(axis=1).mean() > 0.92


def test_a_rise_of_four_standard_deviations_is_seen():
    noise = np.random.default_rng(2).standard_normal((200, 5, 6))
    found = more_data_hurts(
        risk(noise + np.asarray([0, -2, -2, 2, 0, -2]), np.arange(6)), resamples=199
    )
    assert found.hurts.any(["samples", "samples_to"]).mean() > 0.9


def test_along_epochs_it_is_the_epoch_wise_gap():
    curve = np.asarray([0.9, 0.4, 0.7, 0.5])
    values = np.tile(curve, (3, 1)) + np.arange(3)[:, None]
    ds = xr.Dataset({"test_error": (("seed", "epochs"), values)}, {"epochs": [1, 10, 20, 40]})
    found = more_data_hurts(ds, along="epochs")
    gap = max(curve[t + 1 :].max() - curve[: t + 1].min() for t in range(3))
    np.testing.assert_allclose(found.worst, gap)
    assert (found["from"], found["to"]) == (10, 20)


def test_a_width_has_its_own_rises():
    two = xr.concat([about(0.3, 0.2, 0.5, 0.4), about(0.5, 0.4, 0.3, 0.2)], "width")
    found = more_data_hurts(two.assign_coords(width=[8, 64]))
    assert found.worst.dims == ("width",)
    assert found.hurts.any(["samples", "samples_to"]).values.tolist() == [True, False]


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_tell_no_rise_from_noise(seeds):
    found = more_data_hurts(about(0.3, 0.2, 0.5, 0.4, seeds=seeds))
    np.testing.assert_allclose(found.worst, 0.3)
    assert np.isnan(found.p_value)
    assert not found.hurts.any()


def test_a_place_without_values_is_left_out():
    ds = about(0.3, 0.2, 0.5, 0.4)
    ds.test_error[:, 2] = np.nan
    found = more_data_hurts(ds)
    assert found["to"] == 800
    assert np.isnan(found.rise.sel(samples_to=400)).all()
    assert np.isnan(more_data_hurts(ds.isel(samples=[2, 2])).worst)


def test_samples_must_be_an_axis():
    with pytest.raises(DdspecError, match="no numeric axis `samples`"):
        more_data_hurts(about(0.3, 0.2).rename(samples="width"))


def test_losses_that_span_decades_rise_by_factors():
    ds = about(0.1, 2.0, 0.5, 4.0, spread=0.001).rename(test_error="test_loss")
    found = more_data_hurts(ds)
    np.testing.assert_allclose(found.worst, 40, rtol=0.01)
    assert found.low < 40 < found.high
    np.testing.assert_allclose(found.rise.sel(samples=200, samples_to=400), 0.25, rtol=0.01)
    assert not found.hurts.sel(samples=200, samples_to=400)
    assert found.hurts.sum() == 5
