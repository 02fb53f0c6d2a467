"""Effects are Yates's contrasts, of whole seeds; missing subsets are refused or fitted."""

import numpy as np
import pytest
import xarray as xr
from statsmodels.regression.linear_model import OLS

from ddspec.analysis.composition.effects import effects
from ddspec.analysis.composition.shapley import shapley
from ddspec.errors import DdspecError
from tests.analysis.composed import composed, flat, subsets

TWO, _ = subsets("a", "b")
THREE, HAS = subsets("a", "b", "c")


def test_two_factors_by_hand():
    ds = composed(flat([0.5, 0.4, 0.3, 0.1]), TWO)
    found = effects(ds)
    assert found.term.values.tolist() == ["a", "b", "a x b"]
    # a: (0.4 - 0.5 + 0.1 - 0.3) / 2; b: (0.3 - 0.5 + 0.1 - 0.4) / 2; a x b: (-0.2 + 0.1) / 2
    np.testing.assert_allclose(found.effect, [-0.15, -0.25, -0.05])
    np.testing.assert_allclose(found.effect_low, found.effect)  # seeds differ by a common luck only
    np.testing.assert_allclose(found.effect_p, 0, atol=1e-12)
    assert found.order.values.tolist() == [1, 1, 2]
    assert found.effect_seeds.values.tolist() == [3, 3, 3]


def test_three_factors_by_hand():
    # Box, Hunter & Hunter's table of signs: every effect is a difference of two means of four
    y = np.asarray([60, 72, 54, 68, 52, 83, 45, 80]) / 100
    found = effects(composed(flat(y), THREE), order=3)
    assert found.term.values.tolist() == ["a", "b", "c", "a x b", "a x c", "b x c", "a x b x c"]
    np.testing.assert_allclose(found.effect, np.asarray([23, -5, 1.5, 1.5, 10, 0, 0.5]) / 100)


@pytest.mark.parametrize(("lowest", "order", "count"), [(1, 1, 3), (2, 2, 3), (1, 9, 7), (3, 3, 1)])
def test_orders_are_chosen(lowest, order, count):
    found = effects(composed(flat(np.arange(8)), THREE), order=order, lowest=lowest)
    assert found.sizes["term"] == count


def test_a_balanced_design_has_the_contrasts_of_least_squares():
    y = np.random.default_rng(0).normal(size=(8, 4))
    x = np.where(HAS, 1.0, -1.0)
    pairs = [x[:, 0] * x[:, 1], x[:, 0] * x[:, 2], x[:, 1] * x[:, 2]]
    fitted = OLS(y.mean(axis=1), np.column_stack([np.ones(8), x, *pairs])).fit().params[1:]
    np.testing.assert_allclose(effects(composed(y, THREE)).effect, 2 * fitted)
    corrected = effects(composed(y, THREE), correct="ols")
    np.testing.assert_allclose(corrected.effect, 2 * fitted)
    assert corrected.attrs["correction"].startswith("least squares, main effects and 3 two-way")


def test_intervals_are_students_over_seeds():
    y = np.random.default_rng(1).normal(size=(4, 5))
    found = effects(composed(y, TWO)).sel(term="a")
    own = (y[1] + y[3] - y[0] - y[2]) / 2
    reach = 2.7764451 * own.std(ddof=1) / np.sqrt(5)
    np.testing.assert_allclose(
        [found.effect, found.effect_low, found.effect_high],
        [own.mean(), own.mean() - reach, own.mean() + reach],
    )


def test_unequal_company_does_not_fool_the_correction():
    # a gains 0.1, but comes only with b, which costs 0.3: the plain mean with a is higher
    labels = ["none", "c", "b", "a + b", "a + b + c"]
    truth = np.asarray([0, -0.02, 0.3, 0.2, 0.18])
    with_a = np.asarray(["a" in label for label in labels])
    assert truth[with_a].mean() - truth[~with_a].mean() > 0.09
    ds = composed(flat(truth), labels)
    with pytest.raises(DdspecError, match=r"missing are c \+ b, a, c \+ a"):
        effects(ds)
    found = effects(ds, order=1, correct="ols")
    np.testing.assert_allclose(found.effect.sel(term=["a", "b", "c"]), [-0.1, 0.3, -0.02])
    assert found.attrs["correction"].endswith("3 interactions not told, taken to be zero")
    with pytest.raises(DdspecError, match="tell no effect of 2 terms together"):
        effects(ds, lowest=2, correct="ols")


def test_the_correction_recovers_interactions_that_are_seen():
    rng = np.random.default_rng(3)
    main, pair = rng.normal(size=3), rng.normal(size=3)
    x = np.where(HAS, 1.0, -1.0)
    y = x @ main + np.stack([x[:, 0] * x[:, 1], x[:, 0] * x[:, 2], x[:, 1] * x[:, 2]], 1) @ pair
    seven = composed(flat(y), THREE).isel(reg=slice(None, -1))
    np.testing.assert_allclose(effects(seven, correct="ols").effect, 2 * np.r_[main, pair])


def test_pairs_that_are_not_crossed_are_taken_not_to_interact():
    ds = composed(flat([0.5, 0.4, 0.3, 0.2, 0.05]), ["none", "a", "b", "c", "a + b"])
    found = effects(ds, correct="ols")
    assert found.term.values.tolist() == ["a", "b", "c", "a x b"]
    np.testing.assert_allclose(found.effect, [-0.175, -0.275, -0.3, -0.075])
    assert found.attrs["correction"].endswith("2 interactions not told, taken to be zero")


def test_pairs_mixed_with_others_are_left_out_and_the_others_told():
    labels, has = subsets("a", "b", "c", "d")
    lost = ["none", "d", "a + b + c", "a + b + c + d"]
    x = np.where(has, 1.0, -1.0)
    y = 0.1 * x[:, 0] - 0.2 * x[:, 3] + 0.05 * x[:, 0] * x[:, 3]
    ds = composed(flat(y), labels)
    found = effects(ds.sel(reg=[label for label in labels if label not in lost]), correct="ols")
    assert found.term.values.tolist() == ["a", "b", "c", "d", "a x d", "b x d", "c x d"]
    np.testing.assert_allclose(found.effect, [0.2, 0, 0, -0.4, 0.1, 0, 0], atol=1e-12)
    assert "3 two-way interactions fitted to 12 of 16 compositions; 3 int" in found.correction


def test_what_cannot_be_told_apart_is_refused():
    with pytest.raises(DdspecError, match="do not tell the effects of 3 terms"):
        effects(composed(flat([1, 2, 3]), ["none", "a + b", "a + c"]), correct="ols")
    with pytest.raises(DdspecError, match="one or two terms"):
        effects(composed(flat(np.arange(8)), THREE), order=3, correct="ols")


def test_alternatives_have_effects_of_their_own():
    ds = composed(flat([0.5, 0.4, 0.3, 0.1, 0.2, 0.0]), ["none", "a", "b", "a + b", "c", "a + c"])
    found = effects(ds, order=1)
    assert found.term.values.tolist() == ["a (of a + b)", "b", "a (of a + c)", "c"]
    np.testing.assert_allclose(found.effect, [-0.15, -0.25, -0.15, -0.35])


# --- averages over design axes --------------------------------------------------------------


def grid(seeds=4):
    y = np.random.default_rng(5).normal(size=(3, 2, 4, seeds))
    return y, composed(y, TWO, width=[2, 4, 8], samples=[10, 20])


def test_averages_are_of_whole_seeds():
    y, ds = grid()
    found = effects(ds).sel(term="b")
    own = (y[:, :, 2] + y[:, :, 3] - y[:, :, 0] - y[:, :, 1]) / 2
    np.testing.assert_allclose(found.effect, own.mean(axis=-1))
    np.testing.assert_allclose(found.effect_overall, own.mean())
    np.testing.assert_allclose(found.effect_by_width, own.mean(axis=(1, 2)))
    np.testing.assert_allclose(found.effect_by_samples, own.mean(axis=(0, 2)))
    of_seeds = own.mean(axis=(0, 1))
    reach = 3.1824463 * of_seeds.std(ddof=1) / 2
    np.testing.assert_allclose(found.effect_overall_high, of_seeds.mean() + reach)
    assert int(found.effect_overall_points) == 6


def test_points_without_runs_are_left_out_of_averages():
    y, ds = grid()
    y[0, 0, 2, :], y[1, 0, 0, 1:] = np.nan, np.nan
    found = effects(ds).sel(term="a")
    assert np.isnan(found.effect[0, 0])
    assert found.effect_seeds.values.tolist() == [[0, 4], [1, 4], [4, 4]]
    assert int(found.effect_overall_points) == 4
    assert int(found.effect_overall_seeds) == 4
    own = (y[:, :, 1] + y[:, :, 3] - y[:, :, 0] - y[:, :, 2]) / 2
    np.testing.assert_allclose(found.effect_overall, own[[0, 1, 2, 2], [1, 1, 0, 1]].mean())


def test_a_seed_that_diverged_somewhere_is_left_out_everywhere_when_that_keeps_more():
    y, ds = grid(seeds=5)
    y[0, 0, 2, 4] = np.nan
    found = effects(ds).sel(term="a")
    assert found.effect_seeds.values.tolist() == [[4, 5], [5, 5], [5, 5]]
    assert (int(found.effect_overall_points), int(found.effect_overall_seeds)) == (5, 5)
    y[:, :, 0, 4] = np.nan
    found = effects(ds).sel(term="a")
    assert (int(found.effect_overall_points), int(found.effect_overall_seeds)) == (6, 4)


def test_averages_are_over_the_seeds_that_points_share():
    y = np.random.default_rng(6).normal(size=(2, 4, 5))
    y[0, 0, 0], y[1, 3, 4] = np.nan, np.nan
    found = effects(composed(y, TWO, width=[2, 4])).sel(term="a")
    own = (y[:, 1] + y[:, 3] - y[:, 0] - y[:, 2]) / 2
    np.testing.assert_allclose(found.effect, [own[0, 1:].mean(), own[1, :4].mean()])
    np.testing.assert_allclose(found.effect_overall, own[:, 1:4].mean())
    assert (int(found.effect_overall_points), int(found.effect_overall_seeds)) == (2, 3)


def test_few_points_with_an_interval_are_better_than_many_without():
    y = np.random.default_rng(9).normal(size=(6, 4, 3))
    y[2:, :, 2] = np.nan
    found = effects(composed(y, TWO, width=range(6))).sel(term="a")
    assert (int(found.effect_overall_points), int(found.effect_overall_seeds)) == (2, 3)
    assert np.isfinite(found.effect_overall_low)


@pytest.mark.parametrize("seeds", [1, 2])
def test_two_seeds_tell_nothing_of_spread(seeds):
    found = effects(composed(flat([0.5, 0.4, 0.3, 0.1], seeds), TWO))
    np.testing.assert_allclose(found.effect, [-0.15, -0.25, -0.05])
    assert np.isnan(found.effect_low).all()
    assert np.isnan(found.effect_p).all()


def test_a_dataset_without_seeds_has_effects():
    found = effects(composed(flat([0.5, 0.4, 0.3, 0.1]), TWO).mean("seed"))
    np.testing.assert_allclose(found.effect, [-0.15, -0.25, -0.05])


def test_split_seeds_are_whole_by_their_data():
    y = np.random.default_rng(2).normal(size=(4, 5, 3))
    ds = xr.Dataset({"test_error": (("reg", "seed_data", "seed_init"), y)}, {"reg": TWO})
    expected = effects(composed(y.mean(axis=-1), TWO))
    xr.testing.assert_allclose(effects(ds), expected)


def test_equal_risks_have_no_effect_for_sure():
    found = effects(composed(np.full((4, 3), 0.1), TWO))
    assert found.effect.values.tolist() == [0, 0, 0]
    assert found.effect_p.values.tolist() == [1, 1, 1]


# --- Shapley values ---------------------------------------------------------------------------


def test_shapley_values_of_an_additive_game_are_its_terms():
    found = shapley(composed(flat(0.5 + HAS @ [-0.1, 0.2, -0.05]), THREE))
    np.testing.assert_allclose(found.shapley, [-0.1, 0.2, -0.05])


def test_shapley_values_of_a_unanimity_game_are_equal_shares():
    found = shapley(composed(flat(0.5 - 0.3 * HAS[:, [0, 2]].all(axis=1)), THREE))
    np.testing.assert_allclose(found.shapley, [-0.15, 0, -0.15], atol=1e-15)
    found = shapley(composed(flat(0.5 - 0.3 * HAS.all(axis=1)), THREE))
    np.testing.assert_allclose(found.shapley, [-0.1, -0.1, -0.1])


def test_shapley_values_by_hand():
    # a first (-0.1), after b (-0.2): orders a b and b a
    found = shapley(composed(flat([0.5, 0.4, 0.3, 0.1]), TWO))
    np.testing.assert_allclose(found.shapley, [-0.15, -0.25])


def test_shapley_values_add_up():
    labels, has = subsets("a", "b", "c", "d", "e")
    y = np.random.default_rng(7).normal(size=(32, 4))
    found = shapley(composed(y, labels))
    whole = (y[has.all(axis=1)] - y[~has.any(axis=1)]).mean()
    assert abs(float(found.shapley.sum()) - whole) < 1e-12


def test_shapley_values_are_main_effects_where_only_pairs_interact():
    rng = np.random.default_rng(8)
    y = HAS @ rng.normal(size=3) + (HAS[:, :, None] & HAS[:, None]).reshape(8, 9) @ rng.normal(
        size=9
    )
    ds = composed(flat(y), THREE)
    np.testing.assert_allclose(shapley(ds).shapley, effects(ds, order=1).effect)
    three = composed(flat(y + HAS.all(axis=1)), THREE)
    assert abs(shapley(three).shapley - effects(three, order=1).effect).max() > 0.05
