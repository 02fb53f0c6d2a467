"""Peaks that noise does not make are found, with intervals that cover; those it makes are not."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.phenomena.peaks import _may_be_best, peaks, reflected
from ddspec.analysis.statistics import flips
from ddspec.errors import DdspecError

WIDTHS = np.unique(np.geomspace(4, 400, 25).round())
SAMPLES, PENALTY, NOISE, SPREAD = 60, 0.02, 0.25, 0.25


def ridge(ratio, signal=1.0, noise=NOISE, penalty=PENALTY):
    """The excess risk of ridge regression with `ratio` features a sample (Marchenko-Pastur)."""

    def transform(at):
        shifted = 1 - ratio + at
        return (np.sqrt(shifted**2 + 4 * ratio * at) - shifted) / (2 * ratio * at)

    value, step = transform(penalty), 1e-5
    slope = (transform(penalty - step) - transform(penalty + step)) / (2 * step)
    return signal * penalty**2 * slope + noise * ratio * (value - penalty * slope)


def descending(penalty):
    """The risk of ridge regression on the first of 400 features: it falls again behind a peak."""
    share = WIDTHS / 400
    return ridge(WIDTHS / SAMPLES, share, NOISE + 1 - share, penalty) + NOISE + 1 - share


def repeated(curve, seeds, repeats, rng=0):
    """Noisy repetitions of a curve, (repeats, seeds, places): 25 % a point, 10 % a seed."""
    rng = np.random.default_rng(rng)
    points = rng.standard_normal((repeats, seeds, len(curve)))
    whole = rng.standard_normal((repeats, seeds, 1))
    return curve * np.exp(SPREAD * points - SPREAD**2 / 2) * np.exp(0.1 * whole - 0.005)


def risk(values, places=WIDTHS):
    """A dataset of test errors (..., seed, width)."""
    dims = ("repeat", "seed", "width")[-values.ndim :]
    return xr.Dataset({"test_error": (dims, values)}, {"width": np.asarray(places)})


def steady(*means, spread=0.01, seeds=5):
    """Five seeds about a curve of means, their mean exact."""
    noise = np.random.default_rng(5).standard_normal((seeds, len(means)))
    return risk(np.asarray(means) + spread * (noise - noise.mean(axis=0)), np.arange(len(means)))


# --- what is found ---------------------------------------------------------------------------


def test_a_peak_has_place_height_and_prominence():
    found = peaks(steady(0.5, 0.2, 0.3, 0.6, 0.4, 0.1))
    assert found.sizes["peak"] == 1
    assert found.location.item() == 3
    np.testing.assert_allclose(found.height, 0.6)
    np.testing.assert_allclose(found.prominence, 0.4)  # above the higher of its two valleys
    assert found.significant
    assert found.descents == 2
    assert found.height_low < 0.6 < found.height_high


def test_two_peaks_are_two():
    found = peaks(steady(0.9, 0.2, 0.6, 0.3, 0.8, 0.1))
    assert found.location.values.tolist() == [2, 4]
    np.testing.assert_allclose(
        found.prominence, [0.3, 0.6]
    )  # each above its higher valley, up to higher ground
    assert found.descents == 3


def test_a_curve_that_starts_low_descends_behind_its_peak_only():
    assert peaks(steady(0.1, 0.3, 0.6, 0.4, 0.2)).descents == 1


def test_a_curve_that_falls_has_no_peak_and_one_descent():
    found = peaks(steady(0.9, 0.7, 0.5, 0.3, 0.1))
    assert not found.significant.any()
    assert found.descents == 1


def test_a_rise_to_the_end_is_no_peak():
    found = peaks(steady(0.9, 0.5, 0.2, 0.5, 0.9))
    assert not found.significant.any()


def test_a_plateau_is_one_peak():
    found = peaks(steady(0.1, 0.5, 0.5, 0.5, 0.1, spread=1e-6))
    assert found.location.size == 1
    assert found.may_be.sum() >= 1


def test_the_valleys_of_a_small_peak_end_at_higher_ground():
    found = peaks(steady(0.0, 0.9, 0.3, 0.5, 0.2, spread=0.001))
    np.testing.assert_allclose(found.prominence, [0.7, 0.2])


def test_places_that_cannot_be_told_from_the_peak_are_marked():
    found = peaks(steady(0.5, 0.1, 0.59, 0.6, 0.58, 0.1, spread=0.02))
    assert found.may_be.squeeze().values.tolist() == [False, False, True, True, True, False]
    assert (found.location_low, found.location_high) == (2, 4)


def test_axes_that_remain_have_their_own_peaks():
    two = xr.concat(
        [steady(0.5, 0.2, 0.6, 0.1), steady(0.5, 0.4, 0.3, 0.1)],
        xr.DataArray(["none", "decay"], dims="reg", name="reg"),
    )
    found = peaks(two)
    assert found.location.dims == ("reg", "peak")
    assert found.significant.squeeze().values.tolist() == [True, False]


def test_the_same_numbers_come_again():
    ds = risk(repeated(descending(0.2), 5, 2))
    xr.testing.assert_identical(peaks(ds), peaks(ds))


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_tell_nothing_from_noise(seeds):
    found = peaks(steady(0.5, 0.2, 0.6, 0.1, seeds=seeds))
    assert found.location.item() == 2
    assert not found.significant.any()
    assert np.isnan(found.p_value).all()
    assert np.isnan(found.descents)
    assert np.isnan(found.height_low).all()


def test_seeds_without_noise_are_believed():
    ds = risk(np.tile([0.5, 0.2, 0.6, 0.1], (3, 1)), np.arange(4))
    assert peaks(ds).significant.all()
    flat = risk(np.full((3, 4), 0.3), np.arange(4))
    assert not peaks(flat).significant.any()


def test_a_diverged_seed_is_left_out():
    ds = steady(0.5, 0.2, 0.6, 0.1)
    ds.test_error[0, 2] = np.nan
    assert peaks(ds).seeds == 4


def test_nothing_measured_finds_nothing():
    found = peaks(risk(np.full((3, 4), np.nan), np.arange(4)))
    assert np.isnan(found.location).all()
    assert found.seeds == 0


def test_the_variable_must_be_there():
    with pytest.raises(DdspecError, match="no variable `train_error`"):
        peaks(steady(0.1, 0.2), "train_error")


# --- how sure it is --------------------------------------------------------------------------


@pytest.mark.parametrize(("seeds", "shape"), [(3, "flat"), (5, "uneven"), (5, "step")])
def test_noise_makes_a_peak_in_one_of_twenty_curves_at_most(seeds, shape):
    rng = np.random.default_rng(seeds)
    spread = np.linspace(0.3, 2, 20) if shape == "uneven" else np.ones(20)
    fall = np.where(np.arange(20) < 12, 0, 9) if shape == "step" else 0  # one side is no noise
    noise = spread * rng.standard_normal((300, seeds, 20)) + rng.standard_normal((300, seeds, 1))
    found = peaks(risk(noise - fall, np.arange(20)), resamples=199)
    assert found.significant.any("peak").mean() <= 0.09  # 3 standard errors above 5 %


def test_a_bump_of_four_standard_deviations_is_seen():
    x = np.linspace(0, 1, 20)
    curve = 4 * np.exp(-0.5 * ((x - 0.5) / 0.08) ** 2) - 5 * x
    noise = np.random.default_rng(1).standard_normal((200, 5, 20))
    found = peaks(risk(curve + noise, np.arange(20)), resamples=199)
    assert found.significant.any("peak").mean() > 0.85


def of_maximum(seeds, repeats=300):
    """How often intervals of the largest value of a ridge curve hold it, and its place."""
    curve, held = ridge(WIDTHS / SAMPLES), np.zeros(3)
    for table in repeated(curve, seeds, repeats, rng=seeds):
        rng = np.random.default_rng(0)
        means = rng.multinomial(seeds, np.full(seeds, 1 / seeds), 300) @ table / seeds
        largest = means.max(axis=1)
        plain = np.quantile(largest, [0.025, 0.975])
        turned = reflected(table.mean(axis=0).max(), largest, seeds, 0.95)
        best = _may_be_best(table, flips.noise_means(table, 300, 0), table, 0.95)
        held += (
            plain[0] <= curve.max() <= plain[1],
            turned[0] <= curve.max() <= turned[1],
            (best[curve.argmax()]),
        )
    return held / repeats


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_intervals_of_a_maximum_cover_where_percentiles_do_not(seeds):
    percentile, turned, place = of_maximum(seeds)
    assert percentile < 0.75
    assert turned > 0.92
    assert place > 0.92


@pytest.mark.parametrize(("seeds", "penalty"), [(5, 0.02), (5, 0.2), (10, 0.2)])
def test_a_peak_inside_is_covered(seeds, penalty):
    curve = descending(penalty)
    top = 1 + curve[1:-1].argmax()
    prominence = curve[top] - max(curve[: top + 1].min(), curve[top:].min())
    found = peaks(risk(repeated(curve, seeds, 150)), resamples=300)
    found = found.isel(peak=found.prominence.fillna(0).argmax("peak"))

    def holds(name, value):
        return float(((found[f"{name}_low"] <= value) & (found[f"{name}_high"] >= value)).mean())

    assert holds("height", curve[top]) > 0.88
    assert holds("prominence", prominence) > 0.88
    assert found.may_be.isel(width=top).mean() > 0.9
    bracket = (found.height_left_out <= curve[top] * 1.1) & (found.height >= curve[top] * 0.8)
    assert bracket.mean() > 0.8


# --- logarithms ------------------------------------------------------------------------------


def heavy(seeds=5):
    """Losses like those of least squares: at the peak their variance is infinite."""
    rng = np.random.default_rng(0)
    noise = np.exp(np.asarray([0.1, 0.2, 2.0, 0.2, 0.1]) * rng.standard_normal((seeds, 5)))
    ds = risk(np.asarray([2.0, 5.0, 300.0, 5.0, 0.5]) * noise, np.arange(5))
    return ds.rename(test_error="test_loss")


def test_a_loss_that_spans_decades_is_looked_at_by_its_logarithm():
    found = peaks(heavy())
    assert found.attrs["scale"] == "logarithmic"
    assert found.significant.all()
    assert found.location.item() == 2
    np.testing.assert_allclose(found.height, np.exp(np.log(heavy().test_loss).mean("seed"))[2])
    np.testing.assert_allclose(found.prominence, found.height / 2, rtol=0.1)  # over the valley at 0
    assert not peaks(heavy(), log=False).significant.any()


def test_errors_are_looked_at_as_they_are():
    ds = heavy().rename(test_loss="test_error")
    assert peaks(ds).attrs["scale"] == "linear"
    assert peaks(ds, log=True).attrs["scale"] == "logarithmic"
    with pytest.raises(DdspecError, match="it has no logarithm"):
        peaks(ds * 0, log=True)
