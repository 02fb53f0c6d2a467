"""Effective model complexity is the sample size up to which the training set is fitted."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.phenomena.complexity import effective_complexity
from ddspec.errors import DdspecError

FEATURES = 20  # of least squares with noise of variance 1


def fitted(train, samples, name="train_error"):
    """Training risks (..., samples, seed)."""
    train = np.asarray(train, float)
    dims = ("width", "samples", "seed")[-train.ndim :]
    return xr.Dataset({name: (dims, train)}, {"samples": list(samples)})


def least_squares(epsilon, seeds, repeats):
    """Training losses of least squares, exactly distributed: a chi-square of n - p over n."""
    rng = np.random.default_rng(11)
    exact = FEATURES / (1 - epsilon)
    samples = np.unique(np.linspace(FEATURES, 1.6 * exact + 5, 40).round())
    losses = [rng.chisquare(n - FEATURES, (repeats, seeds)) / n if n > FEATURES
              else np.zeros((repeats, seeds)) for n in samples]  # fmt: skip
    values = np.stack(losses, axis=1)
    ds = xr.Dataset({"train_loss": (("rep", "samples", "seed"), values)}, {"samples": samples})
    return ds, exact


@pytest.mark.parametrize(("epsilon", "seeds"), [(0.2, 3), (0.5, 3), (0.5, 10), (0.8, 5)])
def test_least_squares_fit_p_over_one_minus_epsilon_samples(epsilon, seeds):
    ds, exact = least_squares(epsilon, seeds, repeats=300)
    found = effective_complexity(ds, epsilon, scale=1.0)
    ratio = found.effective_complexity.values / exact
    assert abs(ratio.mean() - 1) < 0.03
    assert ((found.low <= exact) & (exact <= found.high)).mean() > 0.95


def test_the_largest_sample_size_that_is_fitted_would_be_too_large():
    ds, exact = least_squares(0.5, 3, repeats=300)
    small = ds.train_loss.mean("seed") <= 0.5
    literal = ds.samples.where(small).max("samples")
    assert literal.mean() / exact > 1.15


def test_the_crossing_lies_between_two_sample_sizes_on_a_logarithmic_axis():
    ds = fitted([[0.0], [0.0], [0.2], [0.4]], (10, 100, 1_000, 10_000))
    found = effective_complexity(ds)
    np.testing.assert_allclose(found.effective_complexity, 100 * 10**0.5)
    assert found.side == 0
    assert np.isnan(found.low)


def test_seeds_that_agree_leave_no_doubt():
    ds = fitted([[0.0] * 3, [0.05] * 3, [0.2] * 3], (10, 100, 1_000))
    found = effective_complexity(ds)
    np.testing.assert_allclose(found.low, found.high)


@pytest.mark.parametrize(("train", "side"), [([0.2, 0.3], -1), ([0.0, 0.1], 1), ([np.nan] * 2, 2)])
def test_beyond_the_axis_nothing_is_guessed(train, side):
    ds = fitted([[each] * 3 for each in train], (10, 100))
    found = effective_complexity(ds)
    assert np.isnan(found.effective_complexity)
    assert found.side == side


def test_an_interval_that_leaves_the_axis_is_open():
    ds = fitted([[0.0, 0.0, 0.0], [0.09, 0.1, 0.14]], (10, 100))
    found = effective_complexity(ds)
    assert 10 < found.low < found.effective_complexity < 100
    assert np.isinf(found.high)


def test_a_model_has_its_own_complexity():
    ds = fitted([[[0.0], [0.2], [0.3]], [[0.0], [0.0], [0.2]]], (10, 100, 1_000))
    found = effective_complexity(ds)
    assert found.effective_complexity.dims == ("width",)
    assert found.effective_complexity[0] < found.effective_complexity[1]


def test_a_loss_is_compared_with_its_largest():
    ds = fitted([[0.0], [4.0]], (10, 1_000), name="train_loss")
    found = effective_complexity(ds, 0.5)
    np.testing.assert_allclose(found.effective_complexity, 100)
    assert "0.5 of its largest" in found.effective_complexity.long_name


def test_it_grows_with_training():
    train = np.asarray([[[0.3], [0.4], [0.5]], [[0.0], [0.2], [0.3]]])
    ds = xr.Dataset(
        {"train_error": (("epochs", "samples", "seed"), train)},
        {"epochs": [1, 10], "samples": [10, 100, 1_000]},
    )
    found = effective_complexity(ds, at="every")
    assert found.side.values.tolist() == [-1, 0]


def test_samples_must_be_an_axis():
    with pytest.raises(DdspecError, match="no numeric axis `samples`"):
        effective_complexity(fitted([[0.0]], (10,)).rename(samples="width"))
