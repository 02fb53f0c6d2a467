"""How risk changes beside the best strength, relative to the risk at it."""

import numpy as np
import pytest

from ddspec.analysis.tuning.sensitivity import sensitivity
from ddspec.errors import DdspecError
from tests.analysis.tuned import swept

GRID = 10.0 ** np.arange(-2, 2.5, 0.5)
VALLEY = 0.1 + 0.01 * np.log10(GRID) ** 2  # least at 1
SEEDS = np.array([0.5, 1.0, 1.5, 3.0])[:, None]


def valley(risk=SEEDS * VALLEY, **more):
    return swept(np.broadcast_to(VALLEY, np.shape(risk)), risk, strengths=GRID, **more)


def test_risks_are_relative_to_that_at_the_best_strength():
    found = sensitivity(valley(), "strength").squeeze("strength")
    np.testing.assert_allclose(found.factor, [0.1, 0.3162, 1, 3.162, 10])
    np.testing.assert_allclose(found.relative_risk, [1.1, 1.025, 1, 1.025, 1.1])
    assert found.optimum == 1


def test_seeds_are_paired():
    """Seeds that differ by a factor only leave no doubt about a ratio."""
    found = sensitivity(valley(), "strength")
    np.testing.assert_allclose(found.relative_low, found.relative_risk, rtol=1e-12)
    np.testing.assert_allclose(found.relative_high, found.relative_risk, rtol=1e-12)


def test_fewer_than_three_seeds_give_no_interval():
    found = sensitivity(valley(SEEDS[:2] * VALLEY), "strength")
    assert found.relative_low.isnull().all()
    assert found.relative_risk.notnull().all()


def test_intervals_cover():
    """2,000 repeats of 5 seeds whose noise grows with the risk."""
    draws = np.random.default_rng(0)
    risk = VALLEY * np.exp(0.1 * draws.standard_normal((2_000, 5, len(GRID))))
    found = sensitivity(valley(risk, rep=range(2_000)), "strength").squeeze("strength")
    truth = [1.1, 1.025, 1, 1.025, 1.1]
    inside = (found.relative_low <= truth) & (found.relative_high >= truth)
    covered = inside.mean("rep").values[[0, 1, 3, 4]]
    assert (covered > 0.92).all()
    assert (covered < 0.975).all()


@pytest.mark.parametrize(
    ("how", "decades"),
    [
        ({}, 1.0),
        ({"within": 0.02}, 0.0),
        ({"delta": 0.0151}, 2.0),
        ({"factors": [1]}, 2 * (0.5 + 0.5 * 0.025 / 0.075)),
    ],
)
def test_the_basin_is_what_is_nearly_as_good(how, decades):
    found = sensitivity(valley(), "strength", **how)
    assert found.basin_decades.item() == pytest.approx(decades)
    assert found.basin_open == 0
    assert found.basin_high.item() == pytest.approx(10 ** (decades / 2))


def test_a_basin_that_reaches_the_end_is_open():
    assert sensitivity(valley(), "strength", within=0.5).basin_open == 3
    assert sensitivity(valley().isel(strength=slice(4, None)), "strength").basin_open == 1
    assert sensitivity(valley().isel(strength=slice(5)), "strength").basin_open == 2


def test_strengths_in_any_order_are_the_same():
    found = sensitivity(valley().isel(strength=[3, 8, 0, 4, 1, 6, 2, 7, 5]), "strength")
    np.testing.assert_allclose(found.relative_risk[0], [1.1, 1.025, 1, 1.025, 1.1])
    assert found.basin_decades == pytest.approx(1.0)


def test_multiples_are_interpolated_only_where_asked():
    found = sensitivity(valley(), "strength", factors=[0.1, 2, 200]).squeeze("strength")
    share = np.log10(2) / 0.5
    np.testing.assert_allclose(found.relative_risk, [1.1, 1 + share * 0.025, np.nan])
    assert "interpolated" in found.method


def test_an_uneven_grid_has_its_own_multiples():
    ds = swept([[0.3, 0.1, 0.2, 0.4]] * 3, strengths=(0.1, 0.2, 0.4, 30.0))
    found = sensitivity(ds, "strength").squeeze("strength")
    np.testing.assert_allclose(found.factor, [0.25, 0.5, 1, 2, 4])
    np.testing.assert_allclose(found.relative_risk, [np.nan, 3, 1, 2, np.nan])


def test_a_strength_of_zero_has_no_multiples():
    ds = swept([[0.3, 0.1, 0.2]] * 3, strengths=(0.0, 1.0, 2.0))
    np.testing.assert_allclose(sensitivity(ds, "strength").relative_risk[0], [np.nan, 1, 2])
    best = swept([[0.0, 0.1, 0.2]] * 3, strengths=(0.0, 1.0, 2.0))
    assert sensitivity(best, "strength").optimum.isnull().all()


def test_other_strengths_stay_at_their_best():
    """Risk a + b with a best at 1 and b at 2."""
    first, second = np.array([0.3, 0.1, 0.2]), np.array([0.5, 0.2])
    grid = first[:, None] + second
    ds = swept(np.tile(grid.reshape(-1), (3, 1)), strengths=range(6))
    ds = ds.assign_coords(a=("strength", np.repeat([0.5, 1, 2], 2)), b=("strength", [1, 2] * 3))
    ds = ds.drop_vars("strength").set_index(strength=["a", "b"]).unstack("strength")
    found = sensitivity(ds, ("a", "b"))
    assert found.optimum.values.tolist() == [1, 2]
    at_half = found.relative_risk.sel(factor=0.5)
    np.testing.assert_allclose(at_half, [0.5 / 0.3, 0.6 / 0.3])


def test_a_candidate_that_diverged_has_no_ratio_and_ends_the_basin():
    risk = SEEDS * VALLEY
    risk[1, 5] = np.nan
    found = sensitivity(valley(risk), "strength").squeeze("strength")
    assert np.isnan(found.relative_risk.sel(factor=3.162))
    assert found.basin_high == 1
    assert found.basin_open == 0


def test_a_composition_without_the_strength_has_no_optimum():
    ds = swept([[[0.3] * 3] * 3, [[0.3, 0.1, 0.2]] * 3], reg=("none", "l2"))
    found = sensitivity(ds, "strength")
    assert found.relative_risk.sel(reg="none").isnull().all()
    assert found.basin_decades.notnull().values.tolist() == [[False], [True]]


def test_test_samples_choose_no_optimum():
    with pytest.raises(DdspecError, match="test samples select nothing"):
        sensitivity(valley(), "strength", "test_error")


def test_strengths_of_zero_alone_have_no_line():
    found = sensitivity(swept(np.ones((4, 1)), np.ones((4, 1)), strengths=[0.0]), "strength")
    assert found.relative_risk.isnull().all()
    assert found.basin_decades.isnull().all()
