"""Dropout by a hash, batch normalization with row weights, and the activations."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary.layers import BatchNorm, Dropout, random_bits

KEYS, ROWS, COLUMNS = 400, 50, 64


@pytest.fixture(scope="module")
def uniforms():
    """(keys, rows, columns) numbers of successive keys, centered, of variance 1."""
    bits = torch.stack([random_bits(torch.tensor(key), 1, ROWS, COLUMNS) for key in range(KEYS)])
    return (bits.double() + 0.5) / 2**32 * math.sqrt(12)


def score(values):
    """How many standard errors the mean of independent values of variance 1 is from 0."""
    return abs(float(values.mean())) * math.sqrt(values.numel())


def test_mean_and_variance_are_those_of_uniform_numbers(uniforms):
    assert score(uniforms) < 4
    assert score((uniforms**2 - 1) / math.sqrt(0.8)) < 4


def test_values_fill_the_interval_evenly(uniforms):
    counts = torch.histc(uniforms, 256, -math.sqrt(3), math.sqrt(3))
    expected = uniforms.numel() / 256
    statistic = float(((counts - expected) ** 2 / expected).sum())
    assert abs(statistic - 255) < 5 * math.sqrt(2 * 255)


@pytest.mark.parametrize(("shift", "axis"), [(1, 0), (1, 1), (1, 2), (2, 2), (3, 2)], ids=str)
def test_neighbors_are_uncorrelated(uniforms, shift, axis):
    """Of successive steps, rows and columns (column pairs come from one hash)."""
    count = uniforms.shape[axis] - shift
    near, far = uniforms.narrow(axis, 0, count), uniforms.narrow(axis, shift, count)
    assert score(near * far) < 4


def test_rectangles_of_rows_and_columns_are_uncorrelated(uniforms):
    """Rows and columns are hashed separately at first: no trace of it may be left."""
    top, bottom = uniforms[:, 1:], uniforms[:, :-1]
    corners = top[..., 2:] * top[..., :-2] * bottom[..., 2:] * bottom[..., :-2]
    assert score(corners) < 4


def test_layers_are_uncorrelated(uniforms):
    other = torch.stack([random_bits(torch.tensor(k), 2, ROWS, COLUMNS) for k in range(KEYS)])
    assert score(uniforms * (other.double() + 0.5) / 2**32 * math.sqrt(12)) < 4


def test_a_number_does_not_depend_on_how_many_are_asked_for():
    key = torch.tensor(7)
    assert torch.equal(random_bits(key, 1, 3, 5), random_bits(key, 1, 9, 12)[:3, :5])


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(rate):
    x = torch.ones(1000, 100, dtype=torch.float64)
    out = Dropout(rate, 1).double()(x)
    share = float((out == 0).double().mean())
    assert abs(share - rate) <= 4 * math.sqrt(rate * (1 - rate) / x.numel())
    assert np.allclose(out[out != 0], 1 / (1 - rate))


def test_dropout_does_nothing_in_evaluation():
    x = torch.ones(3, 4)
    assert torch.equal(Dropout(0.5, 1).eval()(x), x)


def test_the_mask_changes_with_the_key():
    layer, x = Dropout(0.5, 1), torch.ones(10, 10)
    first = layer(x)
    layer.key = torch.tensor(1)
    assert not torch.equal(layer(x), first)


def rows_of(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 5, dtype=torch.float64, generator=generator) * 3 + 1


def test_batch_norm_equals_that_of_torch():
    ours, theirs = BatchNorm(5, 0.3, 1e-4).double(), nn.BatchNorm1d(5, 1e-4, 0.3).double()
    for seed, count in ((0, 20), (1, 7), (2, 2)):
        x = rows_of(count, seed)
        assert torch.allclose(ours(x), theirs(x), atol=1e-13)
    assert torch.allclose(ours.running_mean, theirs.running_mean, atol=1e-14)
    assert torch.allclose(ours.running_var, theirs.running_var, atol=1e-14)
    assert torch.allclose(ours.eval()(x), theirs.eval()(x), atol=1e-13)


def test_rows_of_weight_zero_do_not_count():
    x = rows_of(6)
    whole, padded = BatchNorm(5, 0.1, 1e-5).double(), BatchNorm(5, 0.1, 1e-5).double()
    padded.rows = torch.tensor([1.0] * 6 + [0.0] * 3)
    out = padded(torch.cat([x, rows_of(3, 1)]))
    assert torch.allclose(out[:6], whole(x), atol=1e-13)
    assert torch.allclose(padded.running_var, whole.running_var, atol=1e-14)


def test_a_single_row_has_variance_zero():
    layer = BatchNorm(5, 0.5, 1e-5).double()
    nn.init.constant_(layer.bias, 2.0)
    assert layer(rows_of(1)).tolist() == [[2.0] * 5]
    assert layer.running_var.tolist() == [0.5] * 5


def test_running_averages_are_replaced_not_written_into():
    layer = BatchNorm(5, 0.1, 1e-5).double()
    before = layer.running_mean
    layer(rows_of(4))
    assert not before.any()
    assert layer.running_mean.any()


def test_dropout_takes_each_unit_of_a_map_by_its_place_laid_flat():
    x = torch.rand(3, 2, 4, 5) + 1
    layer = Dropout(0.5, 1)
    assert torch.equal(layer(x).flatten(1), layer(x.flatten(1)))


MAPS = torch.randn(9, 5, 4, 3, generator=torch.Generator().manual_seed(0)).double() * 3 + 1


@pytest.mark.parametrize("x", [MAPS, MAPS[:, :, :, 0]], ids=["images", "signals"])
def test_batch_norm_of_maps_equals_that_of_torch(x):
    torchs = nn.BatchNorm2d if x.dim() == 4 else nn.BatchNorm1d
    ours, theirs = BatchNorm(5, 0.3, 1e-4).double(), torchs(5, 1e-4, 0.3).double()
    for part in (x[:7], x[:2]):
        assert torch.allclose(ours(part), theirs(part), atol=1e-13)
    assert torch.allclose(ours.running_mean, theirs.running_mean, atol=1e-14)
    assert torch.allclose(ours.running_var, theirs.running_var, atol=1e-14)
    assert torch.allclose(ours.eval()(x), theirs.eval()(x), atol=1e-13)


@pytest.mark.parametrize("training", [True, False])
def test_on_other_devices_maps_are_normalized_in_sums(training):
    x, rows = MAPS, torch.tensor([1.0] * 6 + [0.0] * 3)
    fast, sums = (BatchNorm(5, 0.3, 1e-4).double().train(training) for _ in range(2))
    fast.rows = sums.rows = rows
    made = sums.in_sums(x)
    assert torch.allclose(fast(x)[:6], made[:6], atol=1e-13)
    assert torch.allclose(fast.running_mean, sums.running_mean, atol=1e-14)
    assert torch.allclose(fast.running_var, sums.running_var, atol=1e-14)
