"""Intervals cover as often as they say, one by one and all at once."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from ddspec.analysis.statistics.intervals import holm, influence, simultaneous, t_interval


def test_intervals_are_scipys():
    values = np.random.default_rng(0).normal(size=(4, 6))
    found = t_interval(values, 0.9)
    tested = stats.ttest_1samp(values, 0, axis=1)
    np.testing.assert_allclose(found.p, tested.pvalue)
    wanted = tested.confidence_interval(0.9)
    np.testing.assert_allclose([found.low, found.high], [wanted.low, wanted.high])


def test_a_missing_seed_is_one_fewer():
    values = np.random.default_rng(0).normal(size=6)
    missing = np.r_[values, np.nan]
    np.testing.assert_allclose(t_interval(missing, 0.95).low, t_interval(values, 0.95).low)
    assert t_interval(missing, 0.95).seeds == 6
    assert np.isnan(t_interval(np.full(5, np.nan), 0.95).mean)


@pytest.mark.parametrize("seeds", [3, 5])
def test_intervals_of_few_seeds_cover(seeds):
    values = np.random.default_rng(1).normal(size=(4_000, seeds))
    found = t_interval(values, 0.95)
    assert 0.94 < ((found.low <= 0) & (found.high >= 0)).mean() < 0.96


def test_holm_is_that_of_statsmodels():
    p = np.random.default_rng(2).uniform(0, 0.2, size=12)
    p[3] = p[7]
    with_gap = np.insert(p, 5, np.nan).reshape(13, 1)
    wanted = np.insert(multipletests(p, method="holm")[1], 5, np.nan).reshape(13, 1)
    np.testing.assert_allclose(holm(with_gap), wanted)


def noise(rng, seeds, places=28):
    """Places that share half of their noise and differ in spread, as points of a grid do."""
    shared = rng.normal(size=seeds)
    return (shared + rng.normal(size=(places, seeds))) * np.geomspace(1, 7, places)[:, None]


@pytest.mark.parametrize(
    ("seeds", "method"), [(5, "Bonferroni's t intervals, Holm's p"), (8, "largest |t|")]
)
def test_all_at_once_is_wrong_once_in_twenty(seeds, method):
    rng = np.random.default_rng(3)
    missed, rejected, repeats = 0, 0, 300
    for _ in range(repeats):
        found = simultaneous(noise(rng, seeds), 0.95)
        assert found.method.startswith(method)
        missed += bool(((found.low > 0) | (found.high < 0)).any())
        rejected += bool((found.p <= 0.05).any())
    assert missed / repeats < 0.085
    assert rejected / repeats < 0.085
    assert missed / repeats > 0.015


def test_what_stands_out_is_seen_at_once():
    rng = np.random.default_rng(4)
    seen = 0
    for _ in range(50):
        values = noise(rng, 10)
        values[14] += 2.5 * values[14].std()
        found = simultaneous(values, 0.95)
        seen += bool(found.p[14] <= 0.05)
    assert seen > 40


def test_the_influence_on_a_mean_is_the_seeds_own_value():
    values = np.random.default_rng(5).normal(size=(6, 2))
    np.testing.assert_allclose(influence(values, lambda each: each.mean(axis=0)), values)
