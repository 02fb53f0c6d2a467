"""The worst group beside the mean: by hand, and intervals that hold for a maximum."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.evidence import Evidence
from ddspec.analysis.laws.groups import group_gap
from ddspec.analysis.reports import group_gap as report
from ddspec.analysis.statistics.several_means import largest_mean, mean_interval
from ddspec.errors import DdspecError
from ddspec.vocabulary.reports.group_gap import GroupGap


def made(errors, mean):
    """class_error of groups (width, seed, group), and test errors (width, seed)."""
    dims = ("width", "seed")
    groups = {
        f"c{k}": (dims, each, {"comment": f"class_error@1(class={k})"})
        for k, each in enumerate(np.moveaxis(np.asarray(errors, np.float64), -1, 0))
    }
    return xr.Dataset({"test_error": (dims, mean), **groups}, {"width": [8, 16][: len(mean)]})


def test_the_worst_group_by_hand():
    """Each seed has another worst group; on average it is the last, 0.5 against 0.3."""
    errors = [[[0.7, 0.1, 0.4], [0.1, 0.7, 0.4], [0.1, 0.1, 0.7]]]
    found = group_gap(made(errors, [[0.4, 0.3, 0.2]])).isel(width=0)
    assert float(found.gap) == pytest.approx(0.2)
    assert (float(found.worst), float(found["mean"])) == pytest.approx((0.5, 0.3))
    assert found.worst_group == "2"
    assert float(found.gap_low) < 0.2 < float(found.gap_high)


def test_an_interval_for_the_largest_of_means_holds_where_percentiles_do_not():
    """Ten groups that are all alike, five seeds: of 400 experiments percentiles of resampled maxima
    hold the truth in half at most, these bounds in 19 of 20.
    """
    rng = np.random.default_rng(0)
    held = {"ours": 0, "percentile": 0, "mean": 0}
    for _ in range(400):
        values = rng.standard_normal((5, 10)) + rng.standard_normal((5, 1))
        ours, plain = largest_mean(values, 0.95), mean_interval(values, 0.95)
        drawn = values[rng.integers(0, 5, (100, 5))].mean(axis=1).max(axis=1)
        low, high = np.percentile(drawn, [2.5, 97.5])
        held["ours"] += ours.low <= 0 <= ours.high
        held["percentile"] += low <= 0 <= high
        held["mean"] += plain.low[0] <= 0 <= plain.high[0]
    assert held["percentile"] < 200
    assert 0.93 * 400 <= held["ours"] <= 400
    assert 0.92 * 400 <= held["mean"] <= 0.98 * 400


def test_a_group_far_worse_than_the_rest_has_a_narrow_interval():
    """From above as by itself, from below a little wider."""
    values = np.random.default_rng(1).standard_normal((6, 4)) * 0.01 + [0, 0, 0, 1]
    ours, alone = largest_mean(values, 0.95), mean_interval(values, 0.95)
    assert float(ours.high) == pytest.approx(alone.high[3])
    assert alone.low[3] - 0.03 < float(ours.low) < alone.low[3]


def test_every_seeds_own_worst_group_where_only_that_is_recorded():
    ds = xr.Dataset({
        "worst": ("seed", [0.5, 0.6, 0.7], {"comment": "worst_group_error@1()"}),
        "test_error": ("seed", [0.2, 0.3, 0.4]),
    })  # fmt: skip
    found = group_gap(ds)
    assert float(found.gap) == pytest.approx(0.3)
    lines = report.find(Evidence(ds), GroupGap()).lines
    assert lines[0].startswith("of every seed its own worst group")
    assert lines[-1].endswith("(worst groups: 60 % against 30 %)")


def test_seeds_without_a_group_are_left_out_and_one_has_no_interval():
    errors = [[[0.1, 0.5], [0.2, np.nan]], [[np.nan, 0.1], [np.nan, 0.1]]]
    ds = made(errors, [[0.3, 0.3], [0.1, 0.1]])
    found = group_gap(ds)
    assert found.seeds.values.tolist() == [1, 0]
    assert float(found.gap[0]) == pytest.approx(0.2)
    assert np.isnan(found.gap_low).all()
    lines = report.find(Evidence(ds), GroupGap()).lines
    assert "one seed: no interval" in lines
    assert lines[-1] == "width = 16: no seed has all groups"


def test_groups_of_training_samples_are_no_test_groups():
    ds = made([[[0.1, 0.5], [0.2, 0.6]]], [[0.3, 0.3]])
    ds["c1"].attrs["comment"] = 'class_error@1(class=1,of="train")'
    with pytest.raises(DdspecError, match="no errors of groups") as raised:
        group_gap(ds)
    assert "class_error(class: 0)" in raised.value.help[0]
    with pytest.raises(DdspecError, match="no `test_error`"):
        group_gap(ds.drop_vars("test_error"))
