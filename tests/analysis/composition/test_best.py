"""The best is chosen on the validation of other seeds; its luck is not reported."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.composition.best import best_composition
from ddspec.analysis.composition.choosing import chosen, cross_fitted, of_choices
from ddspec.analysis.composition.families import families
from ddspec.analysis.composition.left_out import left_out
from ddspec.analysis.composition.returns import returns
from ddspec.analysis.statistics.intervals import t_interval
from ddspec.errors import DdspecError
from tests.analysis.composed import composed, flat, subsets

TWO, _ = subsets("a", "b")
THREE, HAS = subsets("a", "b", "c")
# none a b ab c ac bc abc
RISK = np.asarray([0.5, 0.4, 0.45, 0.3, 0.42, 0.35, 0.38, 0.32])


def test_every_seed_is_given_the_choice_of_the_others():
    test = np.asarray([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]).T  # (seeds, compositions)
    validation = np.asarray([[0.0, 1.0, 2.0], [0.9, 0.9, 0.9]]).T
    values = np.stack([test, validation], axis=-1)
    # others of seed 0 have 1.5 against 0.9: the second; of seed 1: 1.0; of seed 2: 0.5: the first
    found = cross_fitted(values, [np.arange(2), np.asarray([0])])
    np.testing.assert_allclose(found, [[0.4, 0.1], [0.5, 0.2], [0.3, 0.3]])
    assert chosen(values, np.arange(2)) == 1


def test_what_diverged_at_a_seed_cannot_win():
    values = np.full((3, 2, 2), 0.5)
    values[:, 1] = 0.1
    values[2, 1, 0] = np.nan
    np.testing.assert_allclose(cross_fitted(values, [np.arange(2)]), 0.5)
    of_seeds = of_choices([np.arange(2)], lambda each: each)
    np.testing.assert_allclose(of_seeds(values), 0.5)  # nor where that seed is taken out
    assert chosen(values, np.asarray([1])) == -1


def test_one_seed_chooses_nothing():
    assert np.isnan(cross_fitted(np.zeros((1, 2, 2)), [np.arange(2)])).all()


def test_the_best_composition_by_hand():
    found = best_composition(composed(flat(RISK), THREE))
    assert found.choice.values.tolist() == ["a + b", "a", "none"]
    np.testing.assert_allclose(found.risk, np.asarray([0.3, 0.4, 0.5]) + 0.15)
    assert found.pair.values.tolist() == ["composition - single", "composition - none",
                                          "single - none"]  # fmt: skip
    np.testing.assert_allclose(found.difference, [-0.1, -0.2, -0.1])
    np.testing.assert_allclose(found.difference_high, [-0.1, -0.2, -0.1])
    np.testing.assert_allclose(found.agreement, 1)


def test_test_errors_choose_nothing():
    worse = RISK.copy()
    worse[[3, 5]] = RISK[[5, 3]]  # validation prefers a + c
    ds = composed(flat(RISK), THREE, flat(worse))
    assert best_composition(ds).choice.values.tolist()[0] == "a + c"
    shuffled = ds.assign(test_error=ds.test_error[::-1].assign_coords(reg=ds.reg))
    xr.testing.assert_equal(best_composition(shuffled).choice, best_composition(ds).choice)
    for analysis in (best_composition, returns, families):
        with pytest.raises(DdspecError, match="`test_error` may not select"):
            analysis(ds, select="test_error")


def test_choices_are_made_at_each_design_point():
    other = RISK.copy()
    other[7] = 0.1
    ds = composed(flat(np.stack([RISK, other])), THREE, width=[2, 4])
    found = best_composition(ds)
    assert found.choice.sel(kind="composition").values.tolist() == ["a + b", "a + b + c"]
    np.testing.assert_allclose(found.difference.sel(pair="composition - single"), [-0.1, -0.3])
    np.testing.assert_allclose(found.difference_overall.sel(pair="composition - single"), -0.2)


def test_without_none_singles_are_compared_with():
    found = best_composition(composed(flat(RISK[1:4]), THREE[1:4]))
    assert found.pair.values.tolist() == ["composition - single"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["none", "a", "b"], "no composition along `reg` has two terms"),
     (["a + b", "c + d"], "neither a single term nor none")],
)  # fmt: skip
def test_what_there_is_nothing_to_compare_with_is_said(labels, message):
    with pytest.raises(DdspecError, match=message):
        best_composition(composed(flat(np.arange(len(labels))), labels))


def equal_in_truth(rng, seeds=5, compositions=16):
    """Risks that differ by luck only: of a seed, of a run, of its test and validation samples."""
    run = rng.normal(size=(seeds, compositions)) + 2 * rng.normal(size=(seeds, 1))
    test, validation = (run + 0.5 * rng.normal(size=run.shape) for _ in range(2))
    return np.stack([test, validation], axis=-1)


def test_selection_is_not_optimistic():
    rng = np.random.default_rng(0)
    of_seeds = of_choices(
        [np.arange(1, 16), np.asarray([0])], lambda each: each[:, :1] - each[:, 1:]
    )
    honest, lucky, repeats = [], [], 400
    for _ in range(repeats):
        values = equal_in_truth(rng)
        honest.append(of_seeds(values)[:, 0])
        place = 1 + values[:, 1:, 0].mean(axis=0).argmin()
        lucky.append(values[:, place, 0] - values[:, 0, 0])
    fair, unfair = (t_interval(np.asarray(each), 0.95) for each in (honest, lucky))
    assert ((fair.low <= 0) & (fair.high >= 0)).mean() >= 0.94
    assert abs(fair.mean.mean()) < 3 * fair.mean.std() / np.sqrt(repeats)
    # picked on the test set, the best of equals has gained 0.9 standard deviations
    assert ((unfair.low <= 0) & (unfair.high >= 0)).mean() < 0.9
    assert unfair.mean.mean() < -0.7


def test_a_clear_winner_has_the_plain_interval():
    rng = np.random.default_rng(1)
    values = equal_in_truth(rng)
    values[:, 3] -= 20
    of_seeds = of_choices([np.arange(16)], lambda each: each)
    np.testing.assert_allclose(of_seeds(values)[:, 0], values[:, 3, 0])


def test_a_real_gain_is_found():
    rng = np.random.default_rng(2)
    found = []
    of_seeds = of_choices(
        [np.arange(1, 16), np.asarray([0])], lambda each: each[:, :1] - each[:, 1:]
    )
    for _ in range(100):
        values = equal_in_truth(rng)
        values[:, 3] -= 5
        found.append(of_seeds(values)[:, 0])
    assert (t_interval(np.asarray(found), 0.95).high < 0).mean() > 0.9


# --- the number of terms ------------------------------------------------------------------------


def test_returns_by_hand():
    found = returns(composed(flat(RISK), THREE))
    assert found.terms.values.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(found.best, np.asarray([0.5, 0.4, 0.3, 0.32]) + 0.15)
    np.testing.assert_allclose(found.best_gain, [-0.1, -0.1, 0.02])
    means = np.asarray([0.5, (0.4 + 0.45 + 0.42) / 3, (0.3 + 0.35 + 0.38) / 3, 0.32])
    np.testing.assert_allclose(found["mean"], means + 0.15)
    np.testing.assert_allclose(found.mean_gain, np.diff(means))
    assert found.compositions.values.tolist() == [1, 3, 3, 1]


def test_means_over_unequal_sets_are_not_given():
    found = returns(composed(flat(RISK[:-1]), THREE[:-1]))
    assert "mean" not in found
    assert found.attrs["means"] == "not given: subsets of the terms are missing"
    np.testing.assert_allclose(found.best_gain, [-0.1, -0.1])


def test_one_number_of_terms_has_no_returns():
    with pytest.raises(DdspecError, match="equally many terms"):
        returns(composed(flat([0.1, 0.2]), ["a + b", "a + c"]))


# --- families ---------------------------------------------------------------------------------


def of_traits(labels=THREE, has=HAS):
    """a and b depend on the model, c on the data."""
    ds = composed(flat(RISK[: len(labels)]), labels)
    return ds.assign_coords(
        model_dependent=("reg", has[:, :2].any(axis=1)), data_dependent=("reg", has[:, 2])
    )


def test_families_by_hand():
    found = families(of_traits())
    assert found.family.values.tolist() == ["none", "model", "data", "model + data"]
    assert found.compositions.values.tolist() == [1, 3, 1, 3]
    np.testing.assert_allclose(found.best, np.asarray([0.5, 0.3, 0.42, 0.32]) + 0.15)
    means = np.asarray([0.5, 1.15 / 3, 0.42, 1.05 / 3])
    np.testing.assert_allclose(found["mean"], means + 0.15)
    assert found.pair.values.tolist() == [
        "model - none", "data - none", "model + data - none",
        "data - model", "model + data - model", "model + data - data",
    ]  # fmt: skip
    np.testing.assert_allclose(found.best_difference, [-0.2, -0.08, -0.18, 0.12, 0.02, -0.1])
    wanted = [means[j] - means[i] for i, j in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))]
    np.testing.assert_allclose(found.mean_difference, wanted)


def test_trajectory_terms_are_a_family():
    ds = of_traits().assign_coords(trajectory=("reg", HAS.all(axis=1)))
    assert families(ds).family.values.tolist()[-1] == "model + data + trajectory"


def test_families_need_traits():
    with pytest.raises(DdspecError, match="nothing says what the terms along `reg` depend on"):
        families(composed(flat(RISK), THREE))
    with pytest.raises(DdspecError, match="of one family, model"):
        families(of_traits().isel(reg=[1, 2, 3]))


# --- one term taken out ---------------------------------------------------------------------------


def test_left_out_by_hand():
    found = left_out(composed(flat(RISK), THREE))
    assert found.attrs["full"] == "a + b + c"
    assert found.term.values.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(found.change, [0.06, 0.03, -0.02])


def test_alternatives_have_full_compositions_of_their_own():
    found = left_out(composed(flat([0.5, 0.4, 0.3]), ["none", "a", "b"]))
    assert found.term.values.tolist() == ["a (of a)", "b (of b)"]
    np.testing.assert_allclose(found.change, [0.1, 0.2])


def test_terms_must_be_taken_out_somewhere():
    with pytest.raises(DdspecError, match="is another one less a term"):
        left_out(composed(flat([0.1, 0.2]), ["none", "a + b"]))
