"""Random numbers from a step's key are distributed as they say, and independent of each other."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from ddspec.vocabulary.counters import (
    below,
    normal,
    permutation,
    stream,
    symmetric_beta,
    uniform,
)

KEYS, ROWS, COLUMNS = 200, 40, 30
STREAM = stream("tests")


def drawn(function, *arguments, first=0, count=KEYS):
    keys = range(first, first + count)
    return torch.stack([function(torch.tensor(key), STREAM, *arguments) for key in keys])


@pytest.fixture(scope="module")
def normals():
    return drawn(normal, ROWS, COLUMNS)


def score(values):
    """How many standard errors the mean of independent values of variance 1 is from 0."""
    return abs(float(values.mean())) * math.sqrt(values.numel())


def follows(values, distribution):
    """The p-value of Kolmogorov and Smirnov's test."""
    return stats.kstest(values.flatten().numpy(), distribution).pvalue


def test_uniform_numbers_are_uniform_and_never_0_or_1():
    found = drawn(uniform, ROWS, COLUMNS)
    assert follows(found, "uniform") > 1e-3
    assert 0 < float(found.min()) <= float(found.max()) < 1


def test_normal_numbers_are_normal(normals):
    assert follows(normals, "norm") > 1e-3


@pytest.mark.parametrize(
    ("power", "mean", "variance"), [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]
)
def test_moments_of_normal_numbers(normals, power, mean, variance):
    assert score((normals**power - mean) / math.sqrt(variance)) < 4


@pytest.mark.parametrize(("axis", "shift"), [(0, 1), (1, 1), (1, 7), (2, 1), (2, 2), (2, 5)])
def test_steps_rows_and_columns_are_uncorrelated(normals, axis, shift):
    count = normals.shape[axis] - shift
    near, far = normals.narrow(axis, 0, count), normals.narrow(axis, shift, count)
    assert score(near * far) < 4
    assert score((near**2 - 1) * (far**2 - 1) / 2) < 4


def test_streams_are_uncorrelated(normals):
    other = stream("tests", "another")
    others = torch.stack([normal(torch.tensor(key), other, ROWS, COLUMNS) for key in range(KEYS)])
    assert score(normals * others) < 4


def test_streams_of_words_differ():
    names = [("mixup", "hidden"), ("mixup", "weights"), ("mix", "uphidden"), ("mixup",)]
    assert len({stream(*name) for name in names}) == len(names)


def test_numbers_do_not_depend_on_how_many_are_asked_for():
    key = torch.tensor(-3)
    assert torch.equal(normal(key, STREAM, 3, 5), normal(key, STREAM, 9, 12)[:3, :5])


def test_models_of_a_stack_draw_as_if_alone():
    keys = torch.tensor([5, -8, 2**62])
    together = torch.func.vmap(lambda key: normal(key, STREAM, 4, 3))(keys)
    assert torch.equal(together, torch.stack([normal(key, STREAM, 4, 3) for key in keys]))


def test_whole_numbers_are_equally_likely():
    found = drawn(below, ROWS, 7, count=1000).flatten()
    counts = torch.bincount(found).numpy()
    assert len(counts) == 7
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("shape", [0.05, 0.2, 0.5, 1.0, 4.0])
def test_symmetric_beta_numbers(shape):
    found = drawn(symmetric_beta, 50, shape).flatten()
    low = found < 0.5  # numbers next to 1 are rounded, those next to 0 are not
    assert score((low.double() - 0.5) * 2) < 4
    distribution = stats.beta(shape, shape)
    assert follows(found[low], lambda x: 2 * distribution.cdf(x)) > 1e-3
    assert follows(1 - found[~low], lambda x: 2 * distribution.cdf(x)) > (
        1e-3 if shape > 0.1 else 0
    )


def test_extreme_shapes_of_beta_are_finite():
    found = drawn(symmetric_beta, 50, 1e-4)
    assert bool(found.isfinite().all())
    assert float(((found < 1e-6) | (found > 1 - 1e-6)).double().mean()) > 0.99


@pytest.mark.parametrize("weights", [[1] * 6, [1, 1, 1, 1, 0, 0], [0, 2, 0, 0.5, 1, 0]])
def test_permutations_move_only_rows_that_count(weights):
    rows = torch.tensor(weights, dtype=torch.float64)
    for key in range(50):
        found = permutation(torch.tensor(key), STREAM, rows)
        assert sorted(found.tolist()) == list(range(6))
        assert sorted(found[rows > 0].tolist()) == torch.nonzero(rows > 0)[:, 0].tolist()


def test_all_permutations_are_equally_likely():
    rows = torch.tensor([1.0, 1.0, 0.0, 1.0])
    found = [tuple(permutation(torch.tensor(k), STREAM, rows).tolist()) for k in range(3000)]
    _, counts = np.unique(found, axis=0, return_counts=True)
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-3
