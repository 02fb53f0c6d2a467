"""Losses, penalties, schedules, optimizers and measures compute what they say."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.measures.weight_norm import WeightNorm
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.schedules.inverse_sqrt import InverseSqrt
from ddspec.vocabulary.schedules.step import Step
from ddspec.vocabulary.schema import Duration
from tests.vocabulary.observed import observed

GENERATOR = torch.Generator().manual_seed(0)
OUTPUTS = torch.randn(20, 4, dtype=torch.float64, generator=GENERATOR) * 5
TARGETS = torch.randint(0, 4, (20,), generator=GENERATOR)
WEIGHTS = [torch.tensor([[1.0, -2.0], [0.0, 3.0]]), torch.tensor([-4.0])]


def test_cross_entropy_equals_that_of_torch():
    expected = nn.functional.cross_entropy(OUTPUTS, TARGETS, reduction="none")
    assert torch.allclose(CrossEntropy().each(OUTPUTS, TARGETS), expected, rtol=1e-13)


def test_cross_entropy_of_huge_outputs_is_finite():
    outputs = torch.tensor([[1e30, -1e30], [-1e30, 1e30]])
    each = CrossEntropy().each(outputs, torch.tensor([0, 0]))
    assert each.tolist() == pytest.approx([0.0, 2e30])


def test_mse_of_classes_is_against_one_hot_targets():
    hot = nn.functional.one_hot(TARGETS, 4)
    assert torch.allclose(Mse().each(OUTPUTS, TARGETS), ((OUTPUTS - hot) ** 2).mean(1))


def test_mse_of_regression_has_no_factor():
    outputs, targets = torch.tensor([[1.0], [2.0]]), torch.tensor([3.0, 2.0])
    assert Mse().each(outputs, targets).tolist() == [4.0, 0.0]


def test_penalties():
    assert float(L2(strength=0.5).penalty(WEIGHTS)) == 0.25 * 30
    assert float(L1(strength=0.5).penalty(WEIGHTS)) == 0.5 * 10


@pytest.mark.parametrize("word", [L1(strength=0.5), L2(strength=0.5)])
def test_a_separable_penalty_takes_all_weights_as_one_vector(word):
    vector = torch.cat([w.flatten() for w in WEIGHTS])
    assert word.separable
    assert float(word.penalty([vector])) == float(word.penalty(WEIGHTS))


def test_the_slope_of_l1_is_zero_at_zero():
    weight = torch.zeros(3, requires_grad=True)
    L1(strength=1.0).penalty([weight]).backward()
    assert not weight.grad.any()


def test_weight_norm():
    model = observed(weights=dict(enumerate(WEIGHTS)))
    assert float(WeightNorm().value(model)) == pytest.approx(math.sqrt(30))


STEPS = np.array([0, 1, 99, 100, 250])


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (Constant(rate=0.3), [0.3] * 5),
        (Step(rate=1.0, factor=0.5, every=Duration(100, "steps")), [1, 1, 1, 0.5, 0.25]),
        (
            InverseSqrt(rate=1.0, every=Duration(50, "steps")),
            [1, 1, 1 / math.sqrt(2), 1 / math.sqrt(3), 1 / math.sqrt(6)],
        ),
        (
            Cosine(rate=3.0, last=1.0),
            [2 + math.cos(math.pi * t / 500) for t in (0, 1, 99, 100, 250)],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_schedules(word, expected):
    rates = word.rates(STEPS, 500)
    assert rates.dtype == np.float64
    assert np.allclose(rates, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("word", "theirs"),
    [
        (Sgd(lr=None), lambda w: torch.optim.SGD(w, lr=0.1)),
        (Sgd(lr=None, momentum=0.9), lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9)),
        (
            Sgd(lr=None, momentum=0.9, nesterov=True),
            lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, nesterov=True),
        ),
        (Adam(lr=None), lambda w: torch.optim.Adam(w, lr=0.1)),
        (
            Adam(lr=None, beta1=0.0, beta2=0.5, epsilon=0.1),
            lambda w: torch.optim.Adam(w, lr=0.1, betas=(0.0, 0.5), eps=0.1),
        ),
    ],
    ids=["sgd", "momentum", "nesterov", "adam", "adam-0"],
)
def test_optimizers_equal_those_of_torch_in_float32(word, theirs):
    """Adam's corrections are computed in float64, so its first steps are as good as torch's."""
    parameter = nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
    optimizer = theirs([parameter])
    weights = {"w": parameter.detach().clone()}
    state, rate = word.start(weights), torch.tensor(0.1, dtype=torch.float64)
    for t in range(10):
        gradient = torch.tensor([0.5, -1.0, 1e-4]) * (t - 3)
        parameter.grad = gradient.clone()
        optimizer.step()
        weights, state = word.step(weights, {"w": gradient}, state, rate)
    assert weights["w"].dtype == torch.float32
    assert torch.allclose(weights["w"], parameter.detach(), rtol=1e-6)
