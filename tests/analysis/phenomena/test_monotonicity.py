"""Verdicts on datasets, and what the report says of them."""

import json

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.evidence import Evidence
from ddspec.analysis.findings import find, tell
from ddspec.analysis.phenomena.monotonicity import monotone, verdict_names
from ddspec.errors import DdspecError
from ddspec.vocabulary.reports.monotone import Monotone
from tests.analysis.made import read_at, risks

WIDTHS = (2, 4, 8, 16, 32)
FALLING = np.array([0.5, 0.4, 0.3, 0.2, 0.1])
RISING = np.array([0.5, 0.2, 0.4, 0.2, 0.1])
BARELY = np.array([0.5, 0.2, 0.21, 0.2, 0.1])


def made(*means, seeds=6, spread=0.01, **axes):
    """Test error over (*axes, width, seed) with the given means."""
    noise = spread * np.random.default_rng(0).standard_normal((len(WIDTHS), seeds))
    noise += 0.03 * np.arange(seeds)
    shape = tuple(len(labels) for labels in axes.values())
    values = np.array(means)[:, :, None] + (noise - noise.mean(axis=1, keepdims=True))
    test = values.reshape(*shape, len(WIDTHS), seeds)
    return risks(np.zeros(test.shape), test, widths=WIDTHS, **axes)


THREE = made(FALLING, RISING, BARELY, reg=("decay", "none", "drop"))


def test_every_curve_has_its_verdict():
    found = monotone(THREE)
    assert found.verdict.dims == ("reg",)
    assert verdict_names(found.verdict).values.tolist() == ["monotone", "not_monotone", "undecided"]
    np.testing.assert_allclose(found.violation, [0, 0.2, 0.01], atol=1e-6)
    np.testing.assert_array_equal(found.rise_from, [np.nan, 4, 4])
    np.testing.assert_array_equal(found.rise_to, [np.nan, 8, 8])
    assert (found.violation_low <= found.violation).all()
    assert (found.violation <= found.violation_high).all()
    assert found.seeds.values.tolist() == [6] * 3
    assert found.seeds_needed.values[:2].tolist() == [0, 0]
    np.testing.assert_allclose(
        found.isotonic_rms, [0, 0.1 * np.sqrt(2 / 5), 0.005 * np.sqrt(2 / 5)], atol=1e-6
    )


def test_variables_say_what_they_are():
    found = monotone(THREE)
    for each in found.data_vars.values():
        assert each.attrs["long_name"]
        assert each.attrs["units"]
    assert found.verdict.dtype == np.int8
    assert found.verdict.flag_meanings == "undecided monotone not_monotone"
    assert found.verdict.flag_values.tolist() == [0, 1, 2]
    wanted = {"delta": 0.01, "level": 0.05, "seeds": 6, "places": 5, "resamples": 64}
    assert found.attrs.items() >= wanted.items()
    assert "width" not in found.coords


def test_it_can_be_written_and_read(tmp_path):
    monotone(THREE).to_netcdf(tmp_path / "verdicts.nc")
    with xr.open_dataset(tmp_path / "verdicts.nc") as read:
        assert verdict_names(read.verdict)[1] == "not_monotone"


def test_a_dataset_made_by_hand_is_enough():
    bare = THREE[["test_error"]].drop_attrs()
    xr.testing.assert_equal(monotone(bare), monotone(THREE))


def test_the_order_of_the_axis_and_of_dimensions_does_not_matter():
    turned = THREE.isel(width=[3, 0, 2, 4, 1]).transpose("seed", "reg", "width")
    xr.testing.assert_allclose(monotone(turned), monotone(THREE))


def test_delta_decides_what_counts_as_monotone():
    assert monotone(THREE, delta=0.05).verdict.values.tolist() == [1, 2, 1]
    assert monotone(THREE, delta=0.001).verdict.values[2] != 1


def test_non_decreasing_is_non_increasing_upside_down():
    upside = THREE.assign(test_error=1 - THREE.test_error)
    found, wanted = monotone(upside, decreasing=False), monotone(THREE)
    xr.testing.assert_allclose(found, wanted, atol=1e-6)
    assert found.violation.long_name == "largest fall of test_error in width"


def test_relative_rises_are_shares_of_where_they_begin():
    found = monotone(THREE, relative=True, delta=0.5)
    assert found.verdict.values.tolist() == [1, 2, 1]
    assert found.violation[1] == pytest.approx(1.0, abs=0.15)
    ten = THREE.assign(test_error=10 * THREE.test_error)
    xr.testing.assert_allclose(monotone(ten, relative=True, delta=0.5), found, rtol=1e-4)


def test_relative_falls_are_shares_of_where_they_begin():
    found = monotone(THREE, decreasing=False, relative=True, delta=0.9)
    assert (found.verdict == 1).all()
    assert found.violation[0] == pytest.approx(0.8, abs=0.03)
    assert (monotone(THREE, decreasing=False, relative=True, delta=0.7).verdict == 2).all()
    assert (monotone(THREE, decreasing=False, relative=True, delta=1.0).verdict == 1).all()


def test_zero_has_no_logarithm():
    with pytest.raises(DdspecError, match="not positive everywhere"):
        monotone(THREE.assign(test_error=THREE.test_error * 0), relative=True)


def test_the_end_of_training_counts_but_along_epochs_all_of_it():
    read = read_at(THREE, points=(1, 10, 100), early=0.0)
    xr.testing.assert_equal(monotone(read).drop_vars("epochs"), monotone(THREE))
    along = monotone(read, along="epochs")
    assert along.verdict.dims == ("reg", "width")
    assert (along.verdict == 2).all()
    assert (along.rise_to == 100).all()


def test_seeds_of_several_kinds_count_by_their_training_sets():
    split = THREE.rename(seed="seed_data").expand_dims(seed_init=2)
    split = split.assign_attrs(sample_dims="seed_data seed_init")
    assert (monotone(split).seeds == 6).all()


def test_without_seeds_nothing_is_told():
    found = monotone(THREE.isel(seed=0, drop=True))
    assert (found.verdict == 0).all()
    assert found.p_value.isnull().all()


def test_samples_and_widths_may_be_missing():
    holes = THREE.copy(deep=True)
    holes.test_error[0, 4] = np.nan
    holes.test_error[1, 2, 5] = np.inf
    found = monotone(holes)
    assert found.verdict.values[:2].tolist() == [0, 2]
    assert found.seeds.values.tolist() == [6, 5, 6]
    assert found.places.values.tolist() == [4, 5, 5]
    holes.test_error[2, 4] = np.inf
    assert monotone(holes, delta=0.05).verdict.values[2] == 0
    holes.status[0, 4] = 5  # excluded by the experiment
    assert monotone(holes).verdict.values[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"of": "tset_error"}, "no variable `tset_error`"),
        ({"along": "depth"}, "no numeric axis `depth`"),
        ({"along": "reg"}, "no numeric axis `reg`"),
    ],
)
def test_what_the_dataset_lacks_is_said(arguments, message):
    with pytest.raises(DdspecError, match=message):
        monotone(THREE, **arguments)


# --- the report ------------------------------------------------------------------------------


def told(dataset, **arguments):
    finding = find(Evidence(dataset), {"verdict": Monotone(**arguments)})["verdict"]
    json.dumps([finding.title, finding.lines])
    return [finding.title, *finding.lines]


def test_the_report_counts_and_begins_with_what_rises():
    rising, falling, unsure = told(THREE)[3:]
    assert told(THREE)[:3] == [
        "is test_error non-increasing in width, but for rises below 1 %",
        "of 3 curves: 1 monotone, 1 not (1 of them for all curves together), 1 undecided",
        "in brackets: bounds, each with 95 % confidence",
    ]
    tests = "p = 0.016, family 0.016"
    assert (
        rising
        == f"reg = none: not monotone ({tests}): rises by 20 % [19 %, 21 %] from width 4 to 8"
    )
    assert falling == "reg = decay: monotone: it falls between any two values of width"
    assert unsure == (
        "reg = drop: undecided (p = 0.19, family 0.28): it rises by 1 % from width 4 to 8, and a "
        "rise may be as large as 2.2 %; about 16 seeds in all would decide"
    )


def test_one_curve_is_one_sentence():
    drop = THREE.sel(reg="drop")
    assert told(drop, delta=0.03)[1:] == ["monotone: any rise is below 2.2 % (< 3 %)"]
    exact = drop.assign(test_error=drop.test_error.mean("seed") + 0 * drop.test_error)
    sure = told(exact, delta=0.03)[1:]
    assert sure == ["monotone: any rise is below 1 % (< 3 %), though it rises"]


def test_few_seeds_are_said_to_be_few():
    lines = told(THREE.isel(seed=slice(4)))
    assert lines[1].endswith("0 not, 2 undecided")
    assert lines[2] == (
        "4 seeds at most: at a level of 5 % it takes at least 5 to call a curve not monotone"
    )
    assert "nothing can be told" in told(THREE.isel(seed=slice(2)))[-1]


def test_seeds_that_would_decide_are_told():
    (line,) = told(made(BARELY, spread=0.02, reg=("none",)).isel(reg=0))[1:]
    assert line.startswith("undecided (p = ")
    assert line.endswith(" seeds in all would decide")


def test_holes_are_told():
    holes = THREE.copy(deep=True)
    holes.test_error[0, 4] = np.nan
    holes.test_error[1, 2, 5] = np.nan
    lines = "\n".join(told(holes))
    assert (
        ": 0 monotone, 1 not (1 of them for all curves together), 2 undecided (1 of them for"
        in lines
    )
    assert "from width 4 to 8; complete: 5 of 6 seeds" in lines
    assert "; complete: 4 of 5 values of width" in lines


def test_losses_are_no_percentages_unless_relative():
    losses = THREE.rename(test_error="test_loss")
    assert "rises by 0.2 [0.19, 0.21] from" in told(losses, of="test_loss")[3]
    assert "rises by 10" in told(losses, of="test_loss", relative=True, delta=0.5)[3]
    assert told(losses)[0].startswith("not found: monotone: the dataset has no variable")


def test_falls_are_told_as_falls():
    lines = told(THREE, decreasing=False)
    assert lines[0] == "is test_error non-decreasing in width, but for falls below 1 %"
    assert "falls by 40 % [" in "\n".join(lines)


def test_long_tables_are_cut():
    many = xr.concat([THREE] * 20, "noise")
    finding = find(Evidence(many.assign_attrs(THREE.attrs)), {"v": Monotone()})["v"]
    assert len(finding.lines) == 62
    assert len(list(tell("v", finding.title, finding.lines))) == 42
