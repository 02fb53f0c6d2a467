"""Strengths are chosen on validation samples and read at seeds that had no part in the choice."""

import numpy as np
import pytest

from ddspec.analysis.phenomena.monotonicity import monotone
from ddspec.analysis.tuning.envelope import envelope
from ddspec.errors import DdspecError
from ddspec.plan.expand import expand
from ddspec.results.assemble import assemble
from ddspec.results.candidates import candidates
from ddspec.results.store import open_store
from tests.analysis.tuned import luck, marked, swept
from tests.results.made import tuned
from tests.results.test_tuning import broken, records

# Without its third seed the first strength is the best, with it the second.
VALIDATION = [[0.0, 0.3, 0.9], [0.0, 0.3, 0.9], [0.9, 0.3, 0.9]]
TEST = [[0.10, 0.11, 0.12], [0.20, 0.21, 0.22], [0.30, 0.31, 0.32]]


def test_each_seed_is_read_at_the_choice_of_the_others():
    found = envelope(swept(VALIDATION, TEST), "strength")
    np.testing.assert_allclose(found.test_error, [0.11, 0.21, 0.30])
    assert found.strength == 0.1  # of all seeds, 0.3 on average, the first of equals
    assert found.agreement == pytest.approx(1 / 3)
    assert found.risk == pytest.approx(0.62 / 3)
    assert found.seeds == 3


def test_pooled_all_seeds_are_read_at_one_choice():
    found = envelope(swept(VALIDATION, TEST), "strength", how="pooled")
    np.testing.assert_allclose(found.test_error, [0.10, 0.20, 0.30])
    assert "optimistic" in found.method


def test_the_interval_is_students():
    found = envelope(swept([[0.0, 0.3, 0.9]] * 3, TEST), "strength")
    np.testing.assert_allclose(found.test_error_influence, [0.1, 0.2, 0.3])
    assert found.risk_high - found.risk == pytest.approx(4.302653 * 0.1 / np.sqrt(3), rel=1e-5)


@pytest.mark.parametrize("how", ["cross", "pooled"])
def test_test_samples_select_nothing(how):
    ds = swept(VALIDATION, TEST)
    with pytest.raises(DdspecError, match="test samples select nothing"):
        envelope(ds, "strength", select="test_error", how=how)
    same = envelope(ds.assign(test_error=ds.test_error * 0), "strength")
    assert same.strength == envelope(ds, "strength").strength


def test_a_measure_of_test_samples_selects_nothing():
    ds = swept(VALIDATION, TEST).rename(validation_error="margin")
    ds.margin.attrs["long_name"] = "margin, test samples"
    with pytest.raises(DdspecError, match="test samples select nothing"):
        envelope(ds, "strength", select="margin")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"over": "lambda"}, "no numeric axis `lambda`"),
        ({}, "no number is tuned"),
        ({"over": "strength", "select": "validation_loss"}, "no `validation_loss` to select"),
        ({"over": "strength", "of": "test_accuracy"}, "no variable `test_accuracy`"),
        ({"over": "strength", "how": "best"}, "no way to tune"),
    ],
)
def test_what_is_missing_is_said(arguments, message):
    with pytest.raises(DdspecError, match=message):
        envelope(swept(VALIDATION, TEST), **arguments)


def test_a_composition_without_the_strength_has_none():
    ds = swept([[[0.3] * 3] * 3, VALIDATION], [[[0.5] * 3] * 3, TEST], reg=("none", "l2"))
    found = envelope(ds, "strength")
    assert np.isnan(found.strength.sel(reg="none"))
    assert (found.test_error.sel(reg="none") == 0.5).all()
    assert found.candidates.values.tolist() == [1, 3]
    assert not found.strength_at_edge.sel(reg="none")
    assert found.strength_at_edge.sel(reg="l2")


def test_a_candidate_that_diverged_cannot_win():
    worth = np.array(VALIDATION)
    worth[1, 0] = np.nan
    found = envelope(swept(worth, TEST), "strength")
    assert found.strength == 1.0
    assert found.candidates == 2
    np.testing.assert_allclose(found.test_error, [0.11, 0.21, 0.31])


def test_a_seed_at_which_nothing_was_tried_has_no_say():
    worth = np.array(VALIDATION)
    worth[0] = np.nan
    found = envelope(swept(worth, TEST), "strength")
    np.testing.assert_allclose(found.test_error, [np.nan, 0.21, 0.30])
    assert found.seeds == 2


def test_a_seed_that_is_not_finished_has_no_say():
    status = np.ones((3, 3))
    status[2, 1:] = 0
    worth = np.where(status == 1, VALIDATION, np.nan)
    found = envelope(marked(swept(worth, TEST), status), "strength", how="pooled")
    assert found.strength == 0.1
    np.testing.assert_allclose(found.test_error, [0.10, 0.20, np.nan])
    assert envelope(swept(worth, TEST), "strength", how="pooled").candidates == 1


def test_a_seed_that_only_reports_a_choice_has_no_say():
    status = np.array([[1, 1, 1], [1, 1, 1], [1, 5, 5]])
    worth = np.where(status == 1, VALIDATION, np.nan)
    found = envelope(marked(swept(worth, TEST), status), "strength")
    assert found.seeds == 2
    assert found.candidates == 3
    left_out = marked(swept(VALIDATION, TEST), [1, 1, 5])
    assert envelope(left_out, "strength").seeds == 3  # at all seeds: a filter rejects it


def test_one_seed_leaves_nothing_to_choose_on():
    ds = swept(VALIDATION[:1], TEST[:1])
    found = envelope(ds, "strength")
    assert np.isnan(found.risk)
    assert found.strength == 0.1
    assert envelope(ds, "strength", how="pooled").risk == pytest.approx(0.1)
    assert np.isfinite(envelope(swept(VALIDATION[:2], TEST[:2]), "strength").risk)


def test_without_any_seed_axis_there_is_one_seed():
    found = envelope(swept(VALIDATION, TEST).isel(seed=0), "strength", how="pooled")
    assert found.risk == pytest.approx(0.1)
    assert np.isnan(found.risk_low)


def test_two_strengths_are_chosen_together():
    """The least of both is off the least of each at the other's first value."""
    grid = np.array([[5.0, 4.0, 9.0], [6.0, 7.0, 1.0]])
    ds = swept(np.tile(grid.reshape(-1), (3, 1)), strengths=range(6))
    place = {"strength": ["a", "b"]}
    ds = ds.assign_coords(a=("strength", [1, 1, 1, 2, 2, 2]), b=("strength", [1, 2, 3] * 2))
    ds = ds.drop_vars("strength").set_index(place).unstack("strength")
    found = envelope(ds, ("a", "b"))
    assert (found.a, found.b) == (2, 3)
    assert found.candidates == 6


def test_runs_that_share_a_training_set_are_one_repetition():
    ds = swept(VALIDATION, TEST).rename(seed="seed_data")
    split = ds.expand_dims(seed_init=2)
    found = envelope(split, "strength")
    assert found.test_error.dims == ("seed_data",)
    np.testing.assert_allclose(found.test_error, envelope(ds, "strength").test_error)


def test_an_envelope_is_a_dataset_of_risk():
    rising = [np.array(TEST) + 0.1 * step for step in range(3)]
    ds = swept([VALIDATION] * 3, rising, width=(2, 4, 8))
    found = envelope(ds, "strength")
    assert found.sample_dims == "seed"
    assert monotone(found, "test_error", "width").violation == pytest.approx(0.2)


@pytest.mark.parametrize("status", ["done", "failed", "diverged"])
def test_pooled_it_is_what_the_dataset_of_the_spec_shows(tmp_path, status):
    plan = expand(tuned())
    with open_store(tmp_path) as store:
        store.write((records if status == "done" else broken(status))(plan))
        shown = assemble(plan, store, provenance={}).load()
        tried = candidates(plan, store, provenance={})
    found = envelope(tried, of="test_loss", how="pooled")
    np.testing.assert_array_equal(found.l2_strength_tuned, shown.l2_strength_tuned)
    np.testing.assert_array_equal(found.test_loss, shown.test_loss)
    assert found.selected_by == "validation_loss"


def test_what_a_seed_chooses_for_the_others_is_in_the_spread():
    """150 flat curves of 8 seeds, whose luck at a strength is in validation and test: one in six is
    called rising by the spread of the seeds alone.
    """
    draws = np.random.default_rng(3)
    own = 0.3 + 0.02 * draws.standard_normal((150, 6, 8, 7))
    read = [own + 0.015 * draws.standard_normal(own.shape) for _ in range(2)]
    axes = {"rep": range(150), "width": 2 ** np.arange(6)}
    found = envelope(swept(*read, strengths=range(7), **axes), "strength")
    np.testing.assert_allclose(found.test_error_influence.mean("seed"), found.risk)
    called = [
        (monotone(found, name, "width").p_value <= 0.05).mean()
        for name in ("test_error", "test_error_influence")
    ]
    assert called[0] > 0.1
    assert called[1] < 0.03


def optimism(report, truth):
    """In percent, and its standard error."""
    share = 100 * (report / truth.mean() - 1)
    return share.mean(), share.std() / np.sqrt(len(report))


def test_left_out_seeds_are_no_optimists_and_the_least_test_risk_is():
    """1,000 repeats of 5 seeds, 15 strengths, 1,000 samples each to choose and to test."""
    truth, ds = luck(1_000, 5)
    found = envelope(ds, "strength")
    worth = ds.validation_error.values
    others = worth.sum(axis=1, keepdims=True) - worth
    chosen = truth[others.argmin(axis=-1)]
    mean, error = optimism(found.risk.values, chosen)
    assert abs(mean) < 2.5 * error
    assert error < 0.3
    covered = (found.risk_low <= chosen.mean()) & (chosen.mean() <= found.risk_high)
    assert covered.mean() > 0.94
    pooled = envelope(ds, "strength", how="pooled")
    at = truth[np.searchsorted(ds.strength, pooled.strength)]
    assert optimism(pooled.risk.values, at)[0] < -3
    assert optimism(ds.test_error.mean("seed").min("strength").values, truth.min())[0] < -5
