"""The masks of whole runs: units are dropped independently over rows, columns, steps and seeds.

Every test asks for less than five standard deviations, which a true random mask exceeds once in
two million tests. Numbers themselves are tested in tests/vocabulary/test_layers.py.
"""

import math

import attrs
import pytest
import torch
from torch.func import functional_call, vmap

from ddspec.training.course import Course
from ddspec.vocabulary.layers import Dropout
from tests.training.made import cell

SEEDS, STEPS, ROWS, COLUMNS = 8, 150, 40, 32
RATES = (0.1, 0.5)


@pytest.fixture(scope="module", params=RATES)
def dropped(request):
    """(seeds, steps, rows, columns) scores of variance 1, of the masks that courses give."""
    rate, one = request.param, cell()
    seeds = [attrs.evolve(one, seed=attrs.evolve(one.seed, order=s)) for s in range(SEEDS)]
    keys = torch.stack([torch.from_numpy(Course.of(s).keys(0, STEPS)) for s in seeds])
    layer, ones = Dropout(rate, 1).double(), torch.ones(ROWS, COLUMNS, dtype=torch.float64)
    masks = vmap(vmap(lambda key: functional_call(layer, {"key": key}, (ones,))))(keys) == 0
    return (masks.double() - rate) / math.sqrt(rate * (1 - rate)), rate


def score(values):
    """How many standard errors the mean of independent values of variance 1 is from 0."""
    return abs(float(values.mean())) * math.sqrt(values.numel())


def test_the_rate_is_kept(dropped):
    assert score(dropped[0]) < 5


@pytest.mark.parametrize("axes", [(0, 1), (0, 2), (2, 3)], ids=["unit", "step", "seed"])
def test_counts_vary_as_those_of_independent_units(dropped, axes):
    """Of every unit, of every column and step, of every seed and step: chi-square."""
    sums = dropped[0].sum(dim=axes) / math.sqrt(math.prod(dropped[0].shape[a] for a in axes))
    statistic, freedom = float(sums.square().sum()), sums.numel()
    assert abs(statistic - freedom) < 5 * math.sqrt(2 * freedom)


@pytest.mark.parametrize(("axis", "shift"), [(0, 1), (1, 1), (1, 4), (2, 1), (3, 1), (3, 2)])
def test_neighbors_are_dropped_independently(dropped, axis, shift):
    count = dropped[0].shape[axis] - shift
    near, far = dropped[0].narrow(axis, 0, count), dropped[0].narrow(axis, shift, count)
    assert score(near * far) < 5


def test_units_of_a_row_are_dropped_as_often_as_chance_has_it(dropped):
    """How many of a row's units are dropped: chi-square against the binomial distribution."""
    scores, rate = dropped
    counts = (scores > 0).sum(dim=3).flatten().bincount(minlength=COLUMNS + 1).double()
    chance = [
        math.comb(COLUMNS, n) * rate**n * (1 - rate) ** (COLUMNS - n) for n in range(COLUMNS + 1)
    ]
    expected = torch.tensor(chance, dtype=torch.float64) * counts.sum()
    common = expected >= 10
    statistic = float(((counts - expected).square() / expected)[common].sum())
    freedom = int(common.sum())
    assert abs(statistic - freedom) < 5 * math.sqrt(2 * freedom)
