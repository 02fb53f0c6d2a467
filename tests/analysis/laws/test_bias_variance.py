"""Bias, variance and noise: against exact risks, by hand, and where they cannot be told."""

import numpy as np
import pytest
import xarray as xr

from ddspec import pipeline
from ddspec.analysis.evidence import Evidence
from ddspec.analysis.laws.bias_variance import bias_variance
from ddspec.analysis.laws.decompositions import cross_entropy, jackknifed, squared, zero_one
from ddspec.analysis.laws.disagreement import disagreement_estimate
from ddspec.analysis.reports import bias_variance as report
from ddspec.analysis.statistics.random_effects import components
from ddspec.errors import DdspecError
from ddspec.vocabulary.reports.bias_variance import BiasVariance

N, D, NOISE = 40, 60, 0.25
BIAS = (1 - N / D) ** 2  # of least norm, with coefficients of norm 1
VARIANCE = N / D * (1 - N / D) + NOISE * N / (D - N - 1)
SPEC = """dd 1
experiment parts {
  dataset: npz("t.npz", shape: [60], samples: 40 samples, test: 60, test_inputs: v, test_targets: w)
  architecture: linear(bias: false)
  train: least_squares()
  sweep { seed.data in 0..<60 }
  measure {
    said: predictions(samples: 60)
    true: targets(samples: 60)
  }
  report { parts: bias_variance() }
}
"""


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """Least-norm regression on 40 of many normal samples of 60 inputs, for 60 training sets.

    Test inputs are orthogonal, so that means over them are exact: of any v, mean (x.v)^2 = |v|^2.
    """
    folder = tmp_path_factory.mktemp("exact")
    draws = np.random.default_rng(0)
    beta = np.full(D, D**-0.5)
    x = draws.standard_normal((4_000, D))
    y = x @ beta + NOISE**0.5 * draws.standard_normal(len(x))
    v = np.linalg.qr(draws.standard_normal((D, D)))[0] * D**0.5
    np.savez(folder / "t.npz", x=x, y=y, v=v, w=v @ beta)
    (folder / "parts.dd").write_text(SPEC)
    outcome = pipeline.run(str(folder / "parts.dd"), folder / "out", data=folder, local=True)
    return outcome.datasets["parts"]


def made(said, wanted, dims=("width", "seed"), last="class"):
    """A dataset of predictions (*dims, sample, class) and targets (sample, class)."""
    shape = said.shape[: len(dims)]
    inner = ("test_sample", last)
    return xr.Dataset(
        {
            "predictions": ((*dims, *inner), said),
            "targets": ((*dims, *inner), np.broadcast_to(wanted, (*shape, *wanted.shape))),
        },
        {name: np.arange(n) for name, n in zip(dims, shape, strict=True)},
    )


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def distributions(*shape, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), shape[:-1])


# --- squared loss ----------------------------------------------------------------------------


def test_least_squares_has_its_exact_bias_and_variance(exact):
    assert (round(BIAS, 4), round(VARIANCE, 4)) == (0.1111, 0.7485)
    found = bias_variance(exact)
    for name, value in {"bias": BIAS, "variance": VARIANCE, "risk": BIAS + VARIANCE}.items():
        error = float(found[f"{name}_high"] - found[name]) / 2.0
        assert abs(float(found[name]) - value) < 3 * error, name
        assert 0 < error < 0.1
    assert float(found["risk"]) == pytest.approx(float(exact.test_loss.mean()), rel=1e-6)
    assert "noise" not in found


def test_disagreement_of_least_squares_is_twice_its_variance(exact):
    found = disagreement_estimate(exact)
    assert found.attrs["kind"] == "real"
    parts = bias_variance(exact)
    assert float(found.disagreement) == pytest.approx(2 * float(parts["variance"]))
    assert float(found.risk) == pytest.approx(float(parts["risk"]))
    error = float(found.disagreement_high - found.disagreement) / 2.0
    assert abs(float(found.disagreement) - 2 * VARIANCE) < 3 * error


def test_a_run_writes_what_was_found(exact):
    assert ", bias 0." in exact.attrs["findings"]


def test_few_runs_are_unbiased_all_the_same():
    """True bias^2 4, variance 1: a bias left with variance / N would be 4.5 with two runs."""
    said = drawn(4000, 2, 50, 1) + 2
    found = np.array([list(squared(one, np.zeros((50, 1)), ("seed",)).values()) for one in said])
    assert np.allclose(found.mean(axis=0), [5, 4, 1], atol=0.02)


def test_known_noise_leaves_the_bias():
    ds = made(drawn(1, 5, 30, 1), np.zeros((30, 1)), last="output")
    plain, known = bias_variance(ds), bias_variance(ds, noise=0.25)
    assert np.allclose(known["bias"], plain["bias"] - 0.25)
    assert np.allclose(known["bias_high"], plain["bias_high"] - 0.25)
    assert np.allclose(known["risk"], known["bias"] + known["variance"] + known["noise"])


def test_variance_is_split_among_data_init_and_order():
    rng = np.random.default_rng(1)
    sizes, stds = (12, 6, 5), (2.0, 1.0, 0.5)
    said = np.zeros((1, *sizes, 400, 1))
    for axis, std in enumerate(stds):
        shape = [1, 1, 1, 1, 400, 1]
        shape[1 + axis] = sizes[axis]
        said = said + std * rng.standard_normal(shape)
    said = said + 0.7 * rng.standard_normal(said.shape)
    dims = ("width", "seed_init", "seed_data", "seed_order")
    ds = made(said.swapaxes(1, 2), np.zeros((400, 1)), dims, last="output")
    found = bias_variance(ds)
    parts = [float(found[f"variance_{n}"][0]) for n in ("seed_data", "seed_init", "seed_order")]
    together = float(found.variance_together[0])
    assert np.allclose(parts, np.square(stds), rtol=0.15)
    assert together == pytest.approx(0.49, rel=0.05)
    assert float(found["variance"][0]) == pytest.approx(sum(parts) + together)
    assert found.attrs["replicates"].split()[0] == "seed_data"


def test_components_of_two_factors_are_those_of_the_textbook():
    values = drawn(4, 3, seed=2)
    rows, columns = values.mean(1), values.mean(0)
    rest = values - rows[:, None] - columns + values.mean()
    both = np.square(rest).sum() / 6
    found = components(values, 2)
    assert found[(0, 1)] == pytest.approx(both)
    assert found[(0,)] == pytest.approx(rows.var(ddof=1) - both / 3)
    assert found[(1,)] == pytest.approx(columns.var(ddof=1) - both / 4)


def test_intervals_cover_the_truth():
    """Of 300 small experiments nine in ten at least, for a level of 95 %."""
    said = drawn(300, 5, 20, 1, seed=3) * np.sqrt(2) + 1
    found = bias_variance(made(said, np.zeros((20, 1)), last="output"))
    for name, value in {"bias": 1.0, "variance": 2.0, "risk": 3.0}.items():
        inside = (found[f"{name}_low"] <= value) & (value <= found[f"{name}_high"])
        assert 0.9 < float(inside.mean()) <= 1, name


# --- losses of classes -----------------------------------------------------------------------


def test_cross_entropy_is_bias_and_variance_exactly():
    said, wanted = distributions(6, 40, 4), np.eye(4)[np.arange(40) % 4]
    parts = cross_entropy(said, wanted)
    center = np.exp(np.log(said).mean(axis=0))
    center /= center.sum(axis=-1, keepdims=True)
    expected = -np.log(said[:, wanted == 1]).mean()
    assert parts["risk"] == pytest.approx(expected)
    assert parts["bias"] == pytest.approx(-np.log(center[wanted == 1]).mean())
    divergence = (center * np.log(center / said)).sum(axis=-1).mean()
    assert parts["variance"] == pytest.approx(divergence)
    assert parts["risk"] == pytest.approx(parts["bias"] + parts["variance"])


def test_the_jackknife_takes_the_number_of_runs_out_of_cross_entropy():
    """The variance of many runs, from four at a time: plain it is 24 % too small, here 4 %."""
    said, wanted = distributions(4000, 20, 3), np.eye(3)[np.zeros(20, int)]
    truth = cross_entropy(said, wanted)["variance"]
    fours = said.reshape(1000, 4, 20, 3)[:150]
    plain = np.mean([cross_entropy(four, wanted)["variance"] for four in fours])
    better = [jackknifed("cross_entropy", four, wanted, ("seed",))[0] for four in fours]
    assert plain < 0.8 * truth
    assert np.mean([each["variance"] for each in better]) == pytest.approx(truth, rel=0.06)
    assert all(e["risk"] == pytest.approx(e["bias"] + e["variance"]) for e in better)


def test_zero_one_loss_by_hand():
    """Three runs, three classes, four samples; the labels are 0, 0, 0, 0.

    0 0 1: main 0, right: bias 0, left once in three. 1 1 0: main 1, wrong: bias 1, right once in
    three. 2 2 2: wrong always. 0 1 2: each a third of a main prediction: bias 2 / 3.
    """
    chosen = np.array([[0, 0, 1], [1, 1, 0], [2, 2, 2], [0, 1, 2]]).T
    parts = zero_one(np.eye(3)[chosen], np.eye(3)[[0, 0, 0, 0]])
    assert parts["risk"] == pytest.approx((1 / 3 + 2 / 3 + 1 + 2 / 3) / 4)
    assert parts["bias"] == pytest.approx((0 + 1 + 1 + 2 / 3) / 4)
    assert parts["variance_unbiased"] == pytest.approx((1 / 3 + 2 / 9) / 4)
    assert parts["variance_biased"] == pytest.approx((1 / 3 + 2 / 9) / 4)
    net = parts["variance_unbiased"] - parts["variance_biased"]
    assert parts["variance"] == pytest.approx(net)
    assert parts["risk"] == pytest.approx(parts["bias"] + net)


def test_outputs_become_probabilities():
    logits, wanted = drawn(1, 3, 10, 4), np.eye(4)[np.arange(10) % 4]
    ds = made(logits, wanted)
    ds["predictions"].attrs["comment"] = 'predictions@1(scale="outputs")'
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    assert np.allclose(bias_variance(ds)["risk"], bias_variance(made(shares, wanted))["risk"])
    with pytest.raises(DdspecError, match="no distributions over classes"):
        bias_variance(made(logits, wanted), "cross_entropy")


# --- what is missing -------------------------------------------------------------------------


def test_a_run_that_diverged_is_left_out_and_counted():
    said = drawn(2, 5, 10, 1)
    said[1, 2, 3] = np.nan
    found = bias_variance(made(said, np.zeros((10, 1)), last="output"))
    assert found.runs.values.tolist() == [5, 4]
    kept = bias_variance(made(np.delete(said, 2, 1)[1:], np.zeros((10, 1)), last="output"))
    assert float(found["variance"][1]) == pytest.approx(float(kept["variance"][0]))
    lines = report.find(Evidence(made(said, np.zeros((10, 1)), last="output")), BiasVariance())
    assert "points have from 4 to 5 runs: others diverged" in lines.lines


def test_two_runs_have_no_interval_and_one_has_nothing():
    found = bias_variance(made(drawn(1, 2, 10, 1), np.zeros((10, 1)), last="output"))
    assert np.isfinite(found["variance"]).all()
    assert np.isnan(found["variance_low"]).all()
    with pytest.raises(DdspecError, match="two must differ in their seed"):
        bias_variance(made(drawn(1, 1, 10, 1), np.zeros((10, 1)), last="output"))


def test_samples_that_differ_from_seed_to_seed_are_refused():
    ds = made(drawn(1, 3, 10, 1), np.zeros((10, 1)), last="output")
    ds["targets"] = ds.targets + ds.seed
    with pytest.raises(DdspecError, match="test targets differ along seed"):
        bias_variance(ds)


def test_measures_that_compare_cells_serve_without_intervals():
    ds = xr.Dataset({
        name: ("width", [value, value], {"comment": f"{name}@1()"})
        for name, value in {"prediction_bias": 0.2, "prediction_variance": 0.3}.items()
    })  # fmt: skip
    found = bias_variance(ds)
    assert np.allclose(found["risk"], 0.5)
    assert not {"bias_low", "runs"} & set(found)
    with pytest.raises(DdspecError, match="no predictions to decompose zero_one") as raised:
        bias_variance(ds, "zero_one")
    assert "targets(samples: 500)" in raised.value.help[0]


@pytest.mark.parametrize("loss", ["cross_entropy", "zero_one"])
def test_real_predictions_have_no_loss_of_classes(loss):
    ds = made(drawn(1, 3, 10, 1), np.zeros((10, 1)), last="output")
    with pytest.raises(DdspecError, match="is of classes"):
        bias_variance(ds, loss)


def test_the_sentences_say_the_extremes_first():
    said = drawn(4, 6, 50, 1) * np.array([1, 3, 2, 1]).reshape(4, 1, 1, 1)
    found = report.find(Evidence(made(said, np.ones((50, 1)), last="output")), BiasVariance())
    assert found.title == "bias and variance of squared loss over seed"
    assert found.lines[0].startswith("variance is largest at width = 1: ")
    assert found.lines[-1].startswith("width = 3: risk ")
