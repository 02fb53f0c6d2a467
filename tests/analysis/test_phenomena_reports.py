"""Report words say in plain sentences what curves show."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.evidence import Evidence
from ddspec.analysis.findings import find
from ddspec.vocabulary import registry
from tests.analysis.made import risks

WORDS = ("threshold", "effective_complexity", "peaks", "critical_regime", "more_data_hurts")


def told(ds, name, **arguments):
    word = registry.find("report", name)(**arguments)
    finding = find(Evidence(ds), {name: word})[name]
    return finding.title, *finding.lines


def curve(means, name="width", error="test_error", seeds=5, places=(2, 4, 8, 16)):
    """Seeds about means (..., places), their mean exact."""
    means = np.asarray(means, float)
    noise = np.random.default_rng(5).standard_normal((*means.shape, seeds)) / 100
    values = means[..., None] + noise - noise.mean(axis=-1, keepdims=True)
    dims = ("reg", name, "seed")[-values.ndim :]
    ds = xr.Dataset({error: (dims, values)}, {name: list(places)})
    return ds.assign_coords(reg=["none", "decay"]) if "reg" in dims else ds


def test_a_peak_is_told_with_its_intervals():
    title, line = told(curve([0.5, 0.2, 0.6, 0.1]), "peaks")
    assert title == "peaks of test_error along width"
    assert line.startswith("a peak at width 8: 60 % [")
    assert "40 % [" in line
    assert line.endswith("above its valley (p = 0.001); 2 descents: double descent")


def test_curves_with_a_peak_come_first():
    lines = told(curve([[0.5, 0.4, 0.3, 0.1], [0.5, 0.2, 0.6, 0.1]]), "peaks")
    assert lines[1] == "1 of 2 curves have a peak that noise does not explain"
    assert lines[2].startswith("reg = decay: a peak at width 8")
    assert lines[3] == "reg = none: no peak; 1 descent"


def test_a_wiggle_is_not_called_a_peak():
    (_, line) = told(curve([0.5, 0.49, 0.491, 0.3]), "peaks")
    assert line.startswith("no peak beyond noise (at most 0.1 % above its valley at width 8, p = ")


def test_two_seeds_are_too_few():
    (_, line) = told(curve([0.5, 0.2, 0.6, 0.1], seeds=2), "peaks")
    assert line == "the mean peaks at width 8; 2 seeds cannot tell it from noise"
    (_, line) = told(curve([0.1, 0.3], "samples", seeds=1, places=(10, 20)), "more_data_hurts")
    assert line == ("too few seeds to tell a rise from noise; of means 20 % from samples 10 to 20")


def test_a_threshold_is_told_beside_the_predictions():
    ds = risks([[0.5] * 3, [0.5] * 3, [0.02] * 3, [0.0] * 3])
    ds = ds.assign_coords(parameters=("width", [10, 40, 160, 640]))
    title, line = told(ds.assign_attrs(train_samples=40, outputs=4), "threshold")
    assert title == "interpolation threshold: width at which train_error <= 0.01"
    assert line == (
        "width 11.31 [11.31, 11.31], interpolated between 8 and 16; parameters = n at 4; "
        "parameters = n x outputs at 8"
    )


def test_a_threshold_off_the_axis_is_told_as_such():
    ds = risks([[[0.5] * 3] * 4, [[0.0] * 3] * 4, [[np.nan] * 3] * 4], noise=(0.0, 0.1, 0.2))
    assert told(ds, "threshold")[1:] == (
        "on the axis for 0 of 2 curves; 1 have no values",
        "noise = 0: beyond width 16, the last tried",
        "noise = 0.1: at width 2, the first tried, or before",
    )


def test_complexity_is_told_in_samples():
    train = curve([[0.0, 0.0, 0.2, 0.4], [0.0] * 4], "samples", "train_error")
    title, *lines = told(train, "effective_complexity")
    assert title == "effective model complexity: largest samples with train_error <= 0.1"
    assert lines[0] == "on the axis for 1 of 2 curves"
    assert lines[1].startswith("reg = none: fits 5.657 [")
    assert lines[2] == "reg = decay: fits 16 samples, the most tried, or more"


def test_an_interval_that_leaves_the_axis_says_so():
    ds = curve([0.0, 0.0, 0.2], "samples", "train_error", places=(2, 4, 8))
    ds.train_error[2] = [0.0, 0.1, 0.2, 0.3, 0.4]
    (_, line) = told(ds, "effective_complexity")
    assert line.endswith(", beyond 8] samples, interpolated between 4 and 8")


def test_regimes_are_told_along_the_width():
    train = np.repeat(np.asarray([[0.2, 0.4], [0.1, 0.3], [0.0, 0.0]])[..., None], 3, axis=-1)
    ds = xr.Dataset({"train_error": (("width", "samples", "seed"), train)})
    ds = ds.assign_coords(width=[2, 4, 8], samples=[10, 100])
    title, *lines = told(ds, "critical_regime")
    assert title.endswith("critical at 1 of 6 points")
    assert lines == [
        "samples = 10: under or critical at width 2; critical at width 4; over at width 8",
        "samples = 100: under at width 2 to 4; critical or over at width 8",
    ]


def test_a_rise_is_told_with_its_pair():
    ds = curve([[0.5, 0.4, 0.3, 0.2], [0.3, 0.2, 0.5, 0.6]], "samples")
    title, *lines = told(ds, "more_data_hurts")
    assert title == "where test_error rises along samples"
    assert lines[0] == "more samples hurt in 1 of 2 curves"
    assert lines[1].startswith("reg = decay: test_error rises by 40 % [")
    assert "] from samples 4 to 16 (p = 0.001); 4 more pairs" in lines[1]
    assert lines[2].startswith("reg = none: no rise: the least fall is 10 % [")


def test_losses_are_no_percent():
    ds = curve([0.5, 0.2, 0.6, 0.1], error="test_loss")
    (_, line) = told(ds, "peaks")
    assert line.startswith("a peak at width 8: 0.6 [")


@pytest.mark.parametrize("name", WORDS)
def test_an_unfinished_dataset_stops_no_report(name):
    ds = risks([[[np.nan] * 3] * 4] * 2, samples=(10, 100))
    assert told(ds, name)[0]
    assert told(ds.isel(width=0), name)[0]


@pytest.mark.parametrize("name", WORDS)
def test_a_dataset_without_axes_says_what_is_missing(name):
    ds = risks([[0.1, 0.2]] * 4).isel(width=0)
    assert told(ds, name)[0].startswith("not found: ")


def test_losses_are_read_where_no_errors_are():
    ds = curve([0.5, 0.2, 0.6, 0.1], "features", error="test_loss")
    assert told(ds, "peaks")[0] == "peaks of test_loss along features"
    assert told(ds, "peaks", of="test_eror")[0].startswith("not found: ")


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("axis", ["p", "ratio", "first", "last"])
def test_an_axis_may_have_a_short_name(name, axis):
    ds = risks([[[0.3] * 3, [0.1] * 3, [0.2] * 3, [0.0] * 3]] * 2, **{axis: (1, 2)})
    assert not told(ds.rename(width="samples"), name)[0].startswith("not found: ")
    along = "samples" if name in ("effective_complexity", "critical_regime") else axis
    whole = ds.rename(width="samples") if along == "samples" else ds
    assert told(whole, name, along=along)[0]


def test_factors_are_told_as_factors():
    ds = curve([20.0, 2.0, 40.0, 1.0], "samples", error="test_loss")
    (_, line) = told(ds, "peaks")
    assert line.startswith("a peak at samples 8: 40 [")
    assert "] times its valley (p = 0.001)" in line
    (_, line) = told(ds, "more_data_hurts")
    assert line.startswith("test_loss rises by a factor of 20 [")
    (_, line) = told(curve([20.0, 10.0, 1.0], "samples", error="test_loss", places=(1, 2, 3)),
                     "more_data_hurts")  # fmt: skip
    assert line.startswith("no rise: the least fall is a factor of 2 [")


def test_a_curve_with_gaps_says_how_much_of_the_axis_it_is_about():
    ds = curve([0.5, 0.2, 0.6, 0.3, 0.1], "samples", places=(1, 2, 4, 8, 16))
    ds.test_error[1] = np.nan
    assert told(ds, "peaks")[1].endswith("1 descent (4 of 5 values)")
    assert told(ds, "more_data_hurts")[1].endswith("(4 of 5 values)")
