"""Generalization gaps beside complexity measures: ranks by hand, seeds apart, blind measures."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kendalltau

from ddspec.analysis.evidence import Evidence
from ddspec.analysis.laws.gap import gap_correlation
from ddspec.analysis.reports import gap_correlation as report
from ddspec.analysis.statistics.ranks import granulated, kendall
from ddspec.errors import DdspecError
from ddspec.vocabulary.reports.gap_correlation import GapCorrelation


def made(gap, train=0.1, **measures):
    """Errors over (width, noise, seed) with that gap, and measures."""
    gap = np.asarray(gap, np.float64)
    dims = ("width", "noise", "seed")
    return xr.Dataset(
        {
            "train_error": (dims, np.full(gap.shape, train)),
            "test_error": (dims, gap + train),
            **{name: (dims[: np.ndim(each)], each) for name, each in measures.items()},
        },
        {"width": 2.0 ** np.arange(gap.shape[0]), "noise": 0.1 * np.arange(gap.shape[1])},
    )


RNG = np.random.default_rng(0)
GRID = (np.arange(4)[:, None, None] + 10 * np.arange(3)[:, None]) * np.ones(5)  # width, noise, seed
GAP = GRID / 40 + 0.0001 * RNG.standard_normal(GRID.shape)


def test_kendalls_tau_by_hand():
    """1 2 3 4 against 1 3 2 4: five pairs of six agree."""
    assert kendall(np.arange(4.0), np.array([1, 3, 2, 4.0])) == pytest.approx(4 / 6)
    assert np.isnan(kendall(np.ones(4), np.arange(4.0)))
    ties = np.array([1.0, 1, 2, np.nan, 3])
    other = np.array([2.0, 1, 1, 5, 3])
    expected = kendalltau([1, 1, 2, 3], [2, 1, 1, 3]).statistic
    assert kendall(ties, other) == pytest.approx(expected)


def test_agreement_along_each_axis_by_hand():
    """Along the first axis: 1 -> 2 and 5 -> 4 against rises: one agrees, one does not. Along the
    second both rise with it.
    """
    measure = np.array([[1.0, 5.0], [2.0, 4.0]])
    gap = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert granulated(measure, gap).tolist() == [0.0, 1.0]
    assert granulated(-gap, gap).tolist() == [-1.0, -1.0]
    assert granulated(np.ones((2, 2)), gap).tolist() == [0.0, 0.0]
    assert np.isnan(granulated(measure, np.ones((2, 2)))).all()


def test_the_measure_that_is_the_gap_is_perfect_and_its_opposite_the_opposite():
    found = gap_correlation(made(GAP, right=GAP**3, wrong=-GAP))
    for name, sign in (("right", 1), ("wrong", -1)):
        one = found.sel(measure=name)
        assert float(one.tau) == pytest.approx(sign)
        assert float(one.granulated) == pytest.approx(sign)
        assert float(one.sign_error) == pytest.approx((1 - sign) / 2)


def test_what_is_right_along_one_axis_only_is_seen_on_the_worst():
    """Rises with width as the gap does, and falls with noise where the gap rises."""
    wrong = np.arange(4)[:, None, None] - 10 * np.arange(3)[:, None] + np.zeros(5)
    found = gap_correlation(made(GAP, wrong=wrong)).sel(measure="wrong")
    assert found.agreement.values.tolist() == [1.0, -1.0]
    assert found.worst_axis == "noise"
    assert float(found.sign_error) == 1.0
    assert float(found.granulated) == 0.0


def test_a_measure_blind_to_an_axis_has_nothing_along_it():
    blind = np.arange(4.0)
    found = gap_correlation(made(GAP, blind=blind)).sel(measure="blind")
    assert found.agreement.values.tolist() == [1.0, 0.0]
    assert (float(found.sign_error), str(found.worst_axis.values)) == (0.5, "noise")


def test_seeds_are_not_compared_with_each_other():
    """A seed whose gaps and measures are all higher makes no correlation."""
    shift = np.arange(5)
    noise = np.random.default_rng(1).permuted(np.arange(12))[:, None] * np.ones(5)
    ds = made(GAP + shift, mixed=noise.reshape(4, 3, 5) + 100 * shift)
    within = [kendall(noise[:, 0], GAP[..., k].ravel()) for k in range(5)]
    assert float(gap_correlation(ds).sel(measure="mixed").tau) == pytest.approx(np.mean(within))


def test_intervals_cover_the_correlation_of_many_seeds():
    """Of 40 experiments of five seeds nine in ten at least hold the mean of 500 seeds."""
    rng = np.random.default_rng(2)
    signal = GRID[:, :1, :1] / 2

    def experiment(seeds):
        gap = signal + rng.standard_normal((4, 1, seeds))
        return gap_correlation(made(gap, norm=signal + rng.standard_normal(gap.shape)))

    truth = experiment(500).sel(measure="norm")
    found = [experiment(5).sel(measure="norm") for _ in range(40)]
    for name in ("tau", "granulated"):
        inside = [e[f"{name}_low"] <= truth[name] <= e[f"{name}_high"] for e in found]
        assert np.mean(inside) >= 0.9, name


def test_constants_are_flagged_and_risks_are_no_measures():
    ds = made(GAP, same=np.ones_like(GAP), norm=GAP, loss_like=GAP)
    ds["loss_like"].attrs["comment"] = "class_error@1(class=0)"
    ds["test_loss"], ds["seconds"] = ds.test_error, ds.test_error
    ds["said"] = ds.norm.expand_dims(test_sample=3)
    found = gap_correlation(ds.assign_coords(parameters=("width", [3, 9, 30, 90])))
    assert found.measure.values.tolist() == ["same", "norm", "parameters"]
    assert found.constant.values.tolist() == [1, 0, 0]
    assert np.isnan(found.sel(measure="same").tau)
    lines = report.find(Evidence(ds.assign(bad=-ds.norm)), GapCorrelation()).lines
    assert "the same for all models, so without correlation: same" in lines
    assert lines[0].startswith("norm ranks models most as their gap does: ")


def test_a_measure_across_seeds_serves_each_of_them():
    found = gap_correlation(made(GAP, spread=GAP.mean(axis=-1)))
    assert float(found.sel(measure="spread").tau) > 0.95


def test_one_seed_has_no_interval_and_what_diverged_does_not_count():
    gap = GAP[..., :1].copy()
    gap[0, 0] = np.nan
    ds = made(gap, norm=GAP[..., :1])
    found = gap_correlation(ds)
    assert float(found.sel(measure="norm").tau) == pytest.approx(1)
    assert np.isnan(found.tau_low).all()
    assert found.attrs["models"] == 11
    assert "one seed: no interval" in report.find(Evidence(ds), GapCorrelation()).lines


@pytest.mark.parametrize(
    ("ds", "risk", "message"),
    [
        (made(GAP), "auto", "no measure to compare"),
        (made(GAP, norm=GAP), "loss", "no train and test loss"),
        (made(GAP[:1, :2], norm=GAP[:1, :2]), "auto", "three models"),
    ],
)
def test_what_is_missing_is_said(ds, risk, message):
    with pytest.raises(DdspecError, match=message):
        gap_correlation(ds, risk)
