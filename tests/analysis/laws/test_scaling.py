"""Scaling laws: known exponents come back, intervals cover, and no law is fitted across a peak."""

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import least_squares

from ddspec.analysis.evidence import Evidence
from ddspec.analysis.laws.scaling import scaling_law
from ddspec.analysis.reports import scaling_law as report
from ddspec.analysis.statistics.descents import last_descent, repeated
from ddspec.analysis.statistics.law_fits import Curves, misfit
from ddspec.analysis.statistics.power_law import TURN, fit
from ddspec.errors import DdspecError
from ddspec.vocabulary.reports.scaling_law import ScalingLaw

WIDTHS = np.array([8, 13, 23, 40, 69, 118, 204, 351])
FLOOR, AMPLITUDE, EXPONENT = 0.1, 2.0, 0.6
LAW = FLOOR + AMPLITUDE * WIDTHS**-EXPONENT


def made(curve=LAW, seeds=5, cases=None, noise=0.05, common=0.05, seed=0, **more):
    """test_error over ([case,] seed, width): a curve with log-normal noise, part of it shared."""
    rng = np.random.default_rng(seed)
    shape = (cases or 1, seeds, len(curve))
    spread = noise * rng.standard_normal(shape) + common * rng.standard_normal((*shape[:2], 1))
    ds = xr.Dataset(
        {"test_error": (("case", "seed", "width"), curve * np.exp(spread))},
        {"width": WIDTHS[: len(curve)], "case": np.arange(shape[0]), **more},
    )
    return ds if cases else ds.isel(case=0)


def between(found, name, value):
    return float(((found[f"{name}_low"] <= value) & (value <= found[f"{name}_high"])).mean())


# --- the fit ---------------------------------------------------------------------------------


def test_a_law_without_noise_comes_back_exactly():
    logs = np.log(WIDTHS)[:, None]
    found = fit(logs, np.log(LAW)[None], np.ones((1, 8)), np.array([0.01]))
    assert np.exp(found.floor[0]) == pytest.approx(FLOOR, rel=1e-5)
    assert np.exp(found.scale[0, 0]) == pytest.approx(AMPLITUDE, rel=1e-5)
    assert found.exponent[0, 0] == pytest.approx(EXPONENT, rel=1e-5)


def test_the_minimum_is_scipys():
    x, noise = np.log(WIDTHS), 0.02
    rows = np.log(LAW) + noise * np.random.default_rng(1).standard_t(2, (4, 8))
    found = fit(x[:, None], rows, np.ones((4, 8)), np.full(4, noise))
    for row, cost in zip(rows, found.cost, strict=True):

        def residuals(u, y=row):
            return (y - np.logaddexp(u[0], u[1] - u[2] * x)) / noise

        starts = [(np.log(0.05), 1, a) for a in (0.2, 0.5, 1, 2)]
        bounds = ([row.min() - 14, -20, 0], [5, 60, 10])
        costs = [
            least_squares(residuals, u, loss="huber", f_scale=TURN, bounds=bounds).cost
            for u in starts
        ]
        assert cost <= min(costs) * (1 + 1e-4)


def test_an_outlier_weighs_little():
    rows = np.log(LAW)[None].copy()
    rows[0, 3] += 0.5
    found = fit(np.log(WIDTHS)[:, None], rows, np.ones((1, 8)), np.array([0.01]))
    assert found.exponent[0, 0] == pytest.approx(EXPONENT, abs=0.03)


# --- intervals -------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [3, 8])
def test_intervals_cover_the_true_law(seeds):
    """At 95 %: of the exponent and the floor of 50 curves, nine in ten at least."""
    found = scaling_law(made(seeds=seeds, cases=50, seed=2), resamples=30)
    laws = found.isel(case=np.flatnonzero(found.verdict == "law"))
    assert laws.sizes["case"] >= 45
    for name, value in {"exponent": EXPONENT, "floor": FLOOR}.items():
        assert between(laws, name, value) >= 0.88, name
    assert float((laws.exponent_high - laws.exponent_low).median()) < 0.5
    assert between(laws, "foretold", laws.seen) >= 0.9
    assert float(np.abs(laws.exponent.mean() - EXPONENT)) < 0.03


def test_drawing_places_too_is_wider():
    ds = made(seed=3)
    plain = scaling_law(ds, resamples=60)
    both = scaling_law(ds, resample="both", resamples=60)
    assert float(both.exponent) == float(plain.exponent)
    assert both.exponent_high - both.exponent_low > plain.exponent_high - plain.exponent_low
    assert both.attrs["resampled"] == "whole seeds and places"


def test_the_same_question_has_the_same_answer():
    ds = made(seed=4)
    xr.testing.assert_identical(scaling_law(ds, resamples=20), scaling_law(ds, resamples=20))


def test_one_seed_has_a_law_and_no_interval():
    found = scaling_law(made(seeds=1, noise=0.01), resamples=20)
    assert found.verdict == "law"
    assert float(found.exponent) == pytest.approx(EXPONENT, abs=0.15)
    assert np.isnan(found.exponent_low)
    assert np.isnan(found.misfit)


# --- where a law ends ------------------------------------------------------------------------


def test_no_law_is_fitted_across_a_peak():
    peaked = LAW.copy()
    peaked[5] *= 3
    found = scaling_law(made(peaked), resamples=20)
    assert found.verdict == "peak"
    assert np.isnan(found.exponent)
    (line,) = report.find(Evidence(made(peaked)), ScalingLaw(of="test_error")).lines
    assert "after the last peak, and none is fitted across it" in line


def test_after_a_peak_there_may_be_a_law():
    peaked = LAW.copy()
    peaked[2] *= 2
    found = scaling_law(made(peaked, noise=0.02, seed=1), resamples=20)
    assert found.verdict == "law"
    assert found.holds_from >= WIDTHS[2]
    assert float(found.exponent) == pytest.approx(EXPONENT, abs=0.2)


def test_the_law_begins_where_residuals_are_noise():
    """Slow at first, then the law: the plateau is left out."""
    bent = np.concatenate([np.full(2, 0.42) * [1.02, 1], LAW[2:]])
    found = scaling_law(made(bent, noise=0.01, seed=1), resamples=20)
    assert found.verdict == "law"
    assert found.holds_from == WIDTHS[2]
    assert found.misfit >= 0.05


def test_what_follows_no_law_is_a_misfit():
    stairs = np.exp([0, 0, -1, -1, -2, -2, -3, -3])
    found = scaling_law(made(stairs, noise=0.01), resamples=20)
    assert found.verdict == "misfit"
    assert found.misfit < 0.05


def test_the_misfit_test_errs_as_rarely_as_it_says():
    """At 5 %, of 200 curves that follow a law; this is what the verdict `misfit` goes by."""
    values = made(cases=200, noise=0.02, seed=9).test_error.values
    whole = Curves(np.log(WIDTHS)[:, None], tuple(map(repeated, values)), np.ones((200, 8), bool))
    chances = misfit(whole, whole.law())
    assert 0.02 < (chances < 0.05).mean() < 0.085
    assert 0.4 < np.median(chances) < 0.6


def test_a_flat_curve_and_a_short_one_have_no_law():
    assert scaling_law(made(np.ones(8)), resamples=20).verdict == "flat"
    assert scaling_law(made(LAW[:4]), resamples=20).verdict == "few"


def test_a_curve_that_only_falls_is_seldom_said_to_rise():
    """At most 1 % of flat curves, and a peak of nine standard errors is seen."""
    rng = np.random.default_rng(5)
    for seeds in (2, 3, 10):
        noise = 0.1 * rng.standard_normal((300, seeds, 8))
        noise += 0.2 * rng.standard_normal((300, seeds, 1))
        assert np.mean([last_descent(repeated(np.exp(each))) > 0 for each in noise]) <= 0.02
    peaked = np.exp(noise + np.where(np.arange(8) == 4, 0.3, 0.0))
    assert np.mean([last_descent(repeated(each)) == 4 for each in peaked]) > 0.9


# --- more than one axis, and what is missing -------------------------------------------------


def joint(seeds=4, noise=0.02):
    samples = np.array([100, 300, 1000, 3000])
    law = 0.05 + 3 * samples[:, None] ** -0.5 + 2 * WIDTHS**-0.8
    values = law * np.exp(noise * np.random.default_rng(6).standard_normal((seeds, 4, 8)))
    coords = {"samples": samples, "width": WIDTHS}
    return xr.Dataset({"test_error": (("seed", "samples", "width"), values)}, coords)


def test_the_joint_law_has_an_exponent_for_each_axis():
    found = scaling_law(joint(), jointly="samples", resamples=40)
    assert found.axis.values.tolist() == ["samples", "width"]
    assert found.verdict == "law"
    assert np.allclose(found.exponent, [0.5, 0.8], atol=0.06)
    assert (found.exponent_low < [0.5, 0.8]).all()
    assert (found.exponent_high > [0.5, 0.8]).all()
    assert float(found.floor) == pytest.approx(0.05, abs=0.01)
    asked = ScalingLaw(of="test_error", jointly="samples", resamples=20)
    (line,) = report.find(Evidence(joint()), asked).lines
    assert line.startswith("exponents samples 0.")


def test_the_number_of_parameters_may_take_the_place_of_width():
    ds = made(noise=0.01).assign_coords(parameters=("width", WIDTHS**2))
    found = scaling_law(ds, coordinate="parameters", resamples=20)
    assert float(found.exponent) == pytest.approx(EXPONENT / 2, abs=0.05)
    with pytest.raises(DdspecError, match="`depth` is no coordinate"):
        scaling_law(ds, coordinate="depth")


def test_seeds_that_lack_a_place_are_left_out_and_places_without_any_seed():
    ds = made(noise=0.01)
    ds["test_error"][1, 4] = np.nan
    ds["test_error"][:, 7] = np.nan
    found = scaling_law(ds, resamples=20)
    assert (int(found.seeds), int(found.places)) == (4, 7)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"of": "tset_error"}, "no variable `tset_error`"),
        ({"along": "depth"}, "no numeric axis `depth`"),
        ({"along": "noise"}, "positive values of noise"),
    ],
)
def test_what_a_law_cannot_be_of_is_said(asked, message):
    ds = made(cases=6).rename(case="noise").assign_coords(noise=np.linspace(0, 0.5, 6))
    with pytest.raises(DdspecError, match=message):
        scaling_law(ds, **asked)


def test_the_sentences_give_the_exponent_its_range_and_the_forecast():
    lines = report.find(Evidence(made(cases=2)), ScalingLaw(of="test_error", resamples=20)).lines
    assert lines[0] == "a power law describes 2 of 2 curves"
    assert "case = 0: exponent 0." in lines[1]
    assert "from 8 to 351 (8 places, 5 seeds); the largest was foretold as " in lines[1]
