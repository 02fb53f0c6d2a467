"""The test of monotonicity errs as rarely as it says, and finds what there is to be found."""

import numpy as np
import pytest
from scipy import stats

from ddspec.analysis.phenomena.verdicts import MONOTONE, NOT_MONOTONE, UNDECIDED, verdicts
from ddspec.analysis.statistics.rises import (
    family,
    largest,
    residuals,
    rises,
    signs,
    standard_errors,
)
from ddspec.analysis.statistics.seeds_needed import least_seeds, seeds_needed

PLACES = 8
ALONG = np.arange(PLACES)
FLAT = np.zeros(PLACES)
EQUAL = np.ones(PLACES)
GROWING = np.linspace(0.3, 2.1, PLACES)
BUMP = 4.0 * (ALONG == 4) - 0.4 * ALONG
LEVEL = 0.05


def curves(mean, spread, seeds, count, seed=0):
    """Noisy curves, (count, seeds, places); the runs of a seed have a common part."""
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal((count, seeds, len(mean)))
    return mean + spread * noise + 3 * generator.standard_normal((count, seeds, 1))


def judged(values, delta=1.0, level=LEVEL, lacking=False, resamples=63):
    each = np.full(len(values), lacking)
    return verdicts(values, each, delta, level, resamples=resamples, seed=0)


def rejected(values):
    flips = signs(values.shape[1], 63, 0)
    return float((rises(values, flips, LEVEL).p_values() <= LEVEL).mean())


def slack(share, count):
    """What a true share may look like in so many, save once in a thousand."""
    return stats.binom.ppf(0.999, count, share) / count


# --- level and power -------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [5, 10])
@pytest.mark.parametrize("spread", [EQUAL, GROWING, GROWING[::-1]], ids=["equal", "grows", "falls"])
def test_flat_curves_are_rejected_at_the_level(seeds, spread):
    share = rejected(curves(FLAT, spread, seeds, 800))
    assert 0.01 < share <= slack(LEVEL, 800)


@pytest.mark.parametrize("seeds", [5, 10])
@pytest.mark.parametrize("spread", [EQUAL, GROWING], ids=["equal", "grows"])
def test_falling_curves_are_rejected_less_often(seeds, spread):
    assert rejected(curves(-1.0 * ALONG, spread, seeds, 400)) <= 0.02
    steps = -10.0 * (ALONG > 3)
    assert rejected(curves(steps, spread, seeds, 400)) <= slack(LEVEL, 400)


def test_noise_along_the_curve_may_be_correlated():
    values = curves(FLAT, EQUAL, 6, 800)
    assert 0.01 < rejected(values.cumsum(axis=2)) <= slack(LEVEL, 800)


def test_bumps_are_found():
    assert rejected(curves(BUMP, EQUAL, 5, 300)) > 0.95
    assert rejected(curves(BUMP, EQUAL, 10, 300)) > 0.99


def test_bumps_are_found_with_five_seeds():
    """Residuals from the means themselves, not from a falling curve, find 70 % of these."""
    assert rejected(curves(BUMP, GROWING[::-1], 5, 400)) > 0.8


def test_bumps_are_found_where_the_spread_is_small():
    """One variance for all places finds a quarter of them."""
    late = 1.5 * (ALONG == PLACES - 2)
    assert rejected(curves(late, GROWING[::-1], 8, 300)) > 0.6


def test_fewer_seeds_than_the_level_takes_never_reject():
    assert [least_seeds(level) for level in (0.5, 0.05, 0.01)] == [1, 5, 7]
    found = judged(curves(BUMP * 100, EQUAL, 4, 20))
    assert (found["p_value"] == 1 / 16).all()
    assert (found["verdict"] == UNDECIDED).all()
    assert (judged(curves(BUMP * 100, EQUAL, 5, 20))["verdict"] == NOT_MONOTONE).all()


# --- all curves together ---------------------------------------------------------------------


def together(means, count, seeds=6):
    """Adjusted p-values of experiments of curves that share their seeds, (count, curves)."""
    flips, generator = signs(seeds, 127, 0), np.random.default_rng(1)
    shape = (count, len(means), seeds, PLACES)
    shared = generator.standard_normal((count, 1, seeds, PLACES))
    values = np.array(means)[:, None] + shared + generator.standard_normal(shape)
    risen = rises(values.reshape(-1, seeds, PLACES), flips, LEVEL)
    statistic = risen.statistic.reshape(count, -1)
    flipped = risen.flipped.reshape(len(flips), count, -1)
    return np.array([family(statistic[n], flipped[:, n]) for n in range(count)])


def test_one_of_sixteen_flat_curves_is_rejected_at_the_level():
    found = together([FLAT] * 16, 200).min(axis=1) <= LEVEL
    assert 0.005 < found.mean() <= slack(LEVEL, 200)


def test_curves_that_rise_do_not_hide_others():
    found = together([30 * BUMP] * 4 + [4 * BUMP] * 2 + [FLAT] * 4, 60, seeds=8) <= LEVEL
    assert found[:, :4].mean() > 0.99
    assert found[:, 4:6].mean() > 0.9
    assert found[:, 6:].any(axis=1).mean() <= slack(LEVEL, 60)


def test_what_is_rejected_is_no_rival_of_what_is_less_sure():
    statistic, flipped = np.array([3.0, 9.0]), np.array([[3.0, 9.0], *[[1.0, 5.0]] * 3])
    assert family(statistic, flipped).tolist() == [0.25, 0.25]
    assert family(statistic, flipped[:, ::-1]).tolist() == [1.0, 0.25]


def test_adjusted_values_are_never_smaller_and_keep_their_order():
    found = judged(curves(BUMP / 3, EQUAL, 6, 30))
    assert (found["p_family"] >= found["p_value"]).all()
    flips = signs(6, 127, 0)
    statistic = rises(curves(BUMP / 3, EQUAL, 6, 30), flips, LEVEL).statistic
    assert (np.diff(found["p_family"][np.argsort(-statistic)]) >= 0).all()


# --- bounds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("spread", [EQUAL, GROWING], ids=["equal", "grows"])
def test_bounds_cover_the_largest_rise(seeds, spread):
    """One pair stands out, at the noisy end, where bounds by one variance for all fail."""
    mean = -5.0 * ALONG + 6.5 * (ALONG == PLACES - 1)
    found = judged(curves(mean, spread, seeds, 800))
    high = found["violation_high"] >= 1.5
    assert 1 - slack(LEVEL, 800) <= high.mean() <= 0.975
    assert (found["violation_low"] <= 1.5).mean() >= 1 - slack(LEVEL, 800)


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_curves_that_rise_by_delta_are_hardly_ever_called_monotone(seeds):
    mean = -9.0 * ALONG + 10.0 * (ALONG == PLACES - 1)
    found = judged(curves(mean, GROWING, seeds, 800), delta=1.0)
    assert (found["verdict"] == MONOTONE).mean() <= slack(LEVEL, 800)


def test_steep_curves_are_called_monotone():
    found = judged(curves(-5.0 * ALONG, 0.3 * EQUAL, 5, 200))
    assert (found["verdict"] == MONOTONE).all()
    assert (judged(curves(FLAT, 0.2 * EQUAL, 5, 200))["verdict"] == MONOTONE).mean() > 0.95


def test_flat_curves_with_wide_noise_are_undecided():
    assert (judged(curves(FLAT, EQUAL, 5, 200))["verdict"] == UNDECIDED).mean() > 0.9


def test_a_certain_rise_that_does_not_matter_is_monotone():
    values = curves(0.5 * (ALONG == 4) - 0.0 * ALONG, 0.01 * EQUAL, 6, 5)
    found = judged(values)
    assert (found["p_value"] <= LEVEL).all()
    assert (found["verdict"] == MONOTONE).all()
    assert (judged(values, delta=0.1)["verdict"] == NOT_MONOTONE).all()


@pytest.mark.parametrize("seeds", [5, 10])
def test_the_lower_bound_holds_where_many_pairs_rise_alike(seeds):
    """Signs of residuals from a falling curve, as the test takes them, cover in 75 to 85 %."""
    found = judged(curves(20.0 * (ALONG > 3), EQUAL, seeds, 400))
    assert (found["violation_low"] <= 20).mean() >= 1 - slack(LEVEL, 400)
    assert (found["violation_low"] > 15).all()


@pytest.mark.parametrize("seeds", [3, 5, 6])
def test_the_lower_bound_is_above_zero_only_where_the_test_rejects(seeds):
    found = judged(curves(BUMP / 2, GROWING, seeds, 200))
    above, rejects = found["violation_low"] > 0, found["p_value"] <= LEVEL
    assert not (above & ~rejects).any()
    assert above.sum() >= 0.4 * rejects.sum()


# --- how many seeds --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "spread", "delta"),
    [(BUMP / 3, EQUAL, 0.1), (BUMP / 2, GROWING, 0.1), (-0.5 * ALONG, EQUAL, 0.8)],
    ids=["rises", "rises-grows", "falls"],
)
def test_as_many_seeds_as_asked_for_decide(mean, spread, delta):
    noise = curves(FLAT, spread, 5, 40)
    asked = seeds_needed(noise - noise.mean(axis=1, keepdims=True) + mean, LEVEL, delta, 0)
    count = int(np.median(asked))
    assert 6 < count < 60
    found = judged(curves(mean, spread, count, 200), delta)
    assert 0.65 < (found["verdict"] != UNDECIDED).mean() < 0.98


def test_no_number_of_seeds_decides_where_the_rise_is_delta():
    values = curves(0 * FLAT, EQUAL, 5, 1)
    exact = values - values.mean(axis=1, keepdims=True)
    assert np.isinf(seeds_needed(exact, LEVEL, 1e-9, 0)).all()


# --- arithmetic ------------------------------------------------------------------------------


def test_all_signs_are_taken_where_they_are_few():
    assert signs(5, 1023, 0).shape == (32, 5)
    assert signs(10, 1023, 0).shape == (1024, 10)
    drawn = signs(11, 1023, 0)
    assert drawn.shape == (1024, 11)
    assert (drawn[0] == 1).all()
    assert len(np.unique(signs(5, 31, 0), axis=0)) == 32


def test_the_statistic_is_that_of_its_definition():
    values = curves(BUMP, GROWING, 5, 3)
    risen = rises(values, signs(5, 31, 0), LEVEL)
    for n, curve in enumerate(values):
        left = curve - curve.mean(0) - curve.mean(1, keepdims=True) + curve.mean()
        variance = (left**2).sum(0) / 4
        drawn = (4 * variance + 4 * variance.mean()) / 8 / 5
        means = curve.mean(0)
        pairs = [(i, j) for i in range(PLACES) for j in range(i + 1, PLACES)]
        wanted = max((means[j] - means[i]) / np.sqrt(drawn[i] + drawn[j]) for i, j in pairs)
        assert risen.statistic[n] == pytest.approx(wanted)
        rise, i, j = max((means[j] - means[i], i, j) for i, j in pairs)
        assert (risen.violation[n], risen.start[n], risen.end[n]) == (pytest.approx(rise), i, j)
        high = max(
            stats.ttest_1samp(curve[:, j] - curve[:, i], 0).confidence_interval(0.9).high
            for i, j in pairs
        )
        assert risen.high[n] == pytest.approx(high)


def test_parts_of_many_curves_are_alike():
    values = curves(BUMP, EQUAL, 6, 700)
    flips = signs(6, 2047, 0)
    whole, some = (
        rises(values, np.repeat(flips, 4, axis=0), LEVEL),
        rises(values[-3:], flips, LEVEL),
    )
    np.testing.assert_allclose(whole.p_values()[-3:], some.p_values())
    np.testing.assert_allclose(whole.low[-3:], some.low)


def test_curves_without_spread_are_no_evidence_unless_they_rise():
    found = judged(np.ones((1, 6, 4)) * 0.1)
    assert found["p_value"] == 1
    assert found["verdict"] == MONOTONE
    found = judged(np.tile([[[0.3, 0.1, 2.2, 0.1]]], (1, 6, 1)))
    assert found["p_value"] == 1 / 64
    assert found["violation_low"] == pytest.approx(2.1)
    assert largest(np.zeros((2, 3)), standard_errors(residuals(np.ones((2, 4, 3)))) + 1).max() == 0


def test_rounding_is_no_rise():
    values = np.full((1, 6, 5), 0.3, np.float32).astype(float) * (1 + 1e-15 * ALONG[:5])
    assert judged(values)["p_value"] == 1


# --- holes -----------------------------------------------------------------------------------


def test_seeds_that_lack_a_place_are_left_out():
    values = curves(BUMP, EQUAL, 7, 4)
    values[1, 2, 3] = values[1, 5, 0] = np.nan
    found, alone = judged(values), judged(np.delete(values[1:2], [2, 5], axis=1))
    assert found["seeds"].tolist() == [7, 5, 7, 7]
    for name in ("p_value", "violation", "violation_high", "violation_low", "isotonic_rms"):
        assert found[name][1] == pytest.approx(alone[name][0])


def test_places_without_values_are_left_out_and_what_lacks_them_is_not_monotone():
    values = curves(-5.0 * ALONG, 0.1 * EQUAL, 5, 2)
    values[1, :, [0, 3]] = np.nan
    assert judged(values)["verdict"].tolist() == [MONOTONE, MONOTONE]
    assert judged(values, lacking=True)["verdict"].tolist() == [UNDECIDED, UNDECIDED]
    assert judged(values)["places"].tolist() == [8, 6]
    values += 20.0 * (ALONG == 5)
    found = judged(values, lacking=True)
    assert found["verdict"].tolist() == [NOT_MONOTONE, NOT_MONOTONE]
    assert found["rise_from"].tolist() == [4, 4]
    assert found["rise_to"].tolist() == [5, 5]


@pytest.mark.parametrize("seeds", [0, 1, 2])
def test_of_two_seeds_nothing_is_told(seeds):
    values = curves(BUMP, EQUAL, 5, 1)
    values[:, seeds:, 2] = np.nan
    if seeds == 0:
        values[:] = np.nan
    found = judged(values)
    assert (found["verdict"], found["seeds"]) == (UNDECIDED, seeds)
    for name in ("p_value", "p_family", "violation_low", "violation_high", "seeds_needed"):
        assert np.isnan(found[name]).all()


def test_a_curve_of_one_place_is_undecided():
    found = judged(np.ones((1, 6, 1)))
    assert found["verdict"] == UNDECIDED
    assert np.isnan(found["violation"])
