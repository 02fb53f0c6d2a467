"""Schedules give the rates of torch.optim.lr_scheduler, step by step."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler as theirs

from ddspec.vocabulary import registry
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.schedules.cyclic import Cyclic
from ddspec.vocabulary.schedules.exponential import Exponential
from ddspec.vocabulary.schedules.inverse import Inverse
from ddspec.vocabulary.schedules.inverse_sqrt import InverseSqrt
from ddspec.vocabulary.schedules.linear import Linear
from ddspec.vocabulary.schedules.multi_step import MultiStep
from ddspec.vocabulary.schedules.noam import Noam
from ddspec.vocabulary.schedules.one_cycle import OneCycle
from ddspec.vocabulary.schedules.ramp import Ramp
from ddspec.vocabulary.schedules.step import Step
from ddspec.vocabulary.schedules.warmup import Warmup
from ddspec.vocabulary.schema import Duration

TOTAL = 600


def steps(count):
    return Duration(count, "steps")


def rates(scheduler, rate):
    """The rate that torch's scheduler sets at each of TOTAL steps."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=rate)
    made, found = scheduler(optimizer), []
    for _ in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        made.step()
    return np.array(found)


def warmed(optimizer):
    up = theirs.LinearLR(optimizer, start_factor=1 / 100, total_iters=99)
    down = theirs.CosineAnnealingLR(optimizer, T_max=TOTAL - 100)
    return theirs.SequentialLR(optimizer, [up, down], milestones=[100])


PAIRS = {
    "constant": (Constant(rate=0.3), lambda o: theirs.ConstantLR(o, factor=1.0), 0.3),
    "step": (
        Step(rate=0.3, factor=0.5, every=steps(70)),
        lambda o: theirs.StepLR(o, 70, gamma=0.5),
        0.3,
    ),
    "cosine": (Cosine(rate=0.3), lambda o: theirs.CosineAnnealingLR(o, TOTAL), 0.3),
    "exponential": (
        Exponential(rate=0.3, factor=0.99, every=steps(1)),
        lambda o: theirs.ExponentialLR(o, 0.99),
        0.3,
    ),
    "exponential by epoch": (
        Exponential(rate=0.3, factor=0.99, every=steps(7)),
        lambda o: theirs.StepLR(o, 7, gamma=0.99),
        0.3,
    ),
    "exponential without floor": (
        Exponential(rate=0.3, factor=0.99, every=steps(7), floored=False),
        lambda o: theirs.ExponentialLR(o, 0.99 ** (1 / 7)),
        0.3,
    ),
    "multi_step": (
        MultiStep(rate=0.3, factor=0.1, at=(steps(400), steps(150))),
        lambda o: theirs.MultiStepLR(o, [150, 400]),
        0.3,
    ),
    "linear": (
        Linear(rate=0.3, last=0.1),
        lambda o: theirs.LinearLR(o, 1.0, 1 / 3, total_iters=TOTAL),
        0.3,
    ),
    "inverse": (
        Inverse(rate=0.3),
        lambda o: theirs.LambdaLR(o, lambda t: 1 / (1 + t)),
        0.3,
    ),
    "inverse without floor": (
        Inverse(rate=0.3, every=steps(50), floored=False),
        lambda o: theirs.LambdaLR(o, lambda t: 1 / (1 + t / 50)),
        0.3,
    ),
    "inverse_sqrt": (
        InverseSqrt(rate=0.3, every=steps(50)),
        lambda o: theirs.LambdaLR(o, lambda t: (1 + t // 50) ** -0.5),
        0.3,
    ),
    "inverse_sqrt without floor": (
        InverseSqrt(rate=0.3, every=steps(50), floored=False),
        lambda o: theirs.LambdaLR(o, lambda t: (1 + t / 50) ** -0.5),
        0.3,
    ),
    "warmup": (Warmup(over=steps(100), into=Cosine(rate=0.3)), warmed, 0.3),
    "cyclic": (
        Cyclic(low=0.1, high=0.4, half=steps(80)),
        lambda o: theirs.CyclicLR(o, 0.1, 0.4, step_size_up=80, cycle_momentum=False),
        0.1,
    ),
    "one_cycle": (
        OneCycle(rate=0.3),
        lambda o: theirs.OneCycleLR(o, 0.3, total_steps=TOTAL + 1, cycle_momentum=False),
        0.3,
    ),
    "noam": (
        Noam(d_model=64, warmup=steps(200)),
        lambda o: theirs.LambdaLR(o, lambda t: min((t + 1) ** -0.5, (t + 1) * 200**-1.5)),
        64**-0.5,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_rates_equal_those_of_torch(name):
    word, scheduler, rate = PAIRS[name]
    total = TOTAL + 1 if name == "one_cycle" else TOTAL  # torch steps beyond the last step
    found = word.rates(np.arange(TOTAL), total)
    assert found.dtype == np.float64
    assert np.allclose(found, rates(scheduler, rate), rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("name", PAIRS)
def test_a_rate_does_not_depend_on_which_others_are_asked_for(name):
    word = PAIRS[name][0]
    alone = np.concatenate([word.rates(np.array([t]), TOTAL) for t in (0, 1, 99, 100, 599)])
    assert (alone == word.rates(np.arange(TOTAL), TOTAL)[[0, 1, 99, 100, 599]]).all()


@pytest.mark.parametrize("name", PAIRS)
def test_schedules_that_look_ahead_say_so(name):
    word = PAIRS[name][0]
    early = np.arange(300)
    depends = (word.rates(early, 600) != word.rates(early, 300)).any()
    assert word.looks_ahead == depends


def test_every_schedule_is_compared():
    compared = {type(word).name() for word, _, _ in PAIRS.values()} | {"ramp"}
    assert compared == set(registry.names("schedule"))


def test_a_ramp_stops_at_its_bound():
    up = Ramp(first=0.5, last=0.9, amount=0.02, every=steps(10))
    expected = [min(0.5 + 0.02 * (t // 10), 0.9) for t in range(TOTAL)]
    assert np.allclose(up.rates(np.arange(TOTAL), TOTAL), expected, rtol=1e-15)
    assert up.rates(np.array([0, 9, 10, 199, 200, 599]), TOTAL) == pytest.approx(
        [0.5, 0.5, 0.52, 0.88, 0.9, 0.9]
    )


def test_a_ramp_goes_down_and_without_floor():
    down = Ramp(first=0.5, last=0.1, amount=0.1, every=steps(10), floored=False)
    assert down.rates(np.array([0, 5, 10, 40, 60]), 60) == pytest.approx([0.5, 0.45, 0.4, 0.1, 0.1])


def test_a_warm_up_reaches_the_first_rate_at_its_last_step():
    word = Warmup(over=steps(4), into=InverseSqrt(rate=1.0, every=steps(1)))
    expected = [0.25, 0.5, 0.75, 1.0, 1.0, math.sqrt(1 / 2), math.sqrt(1 / 3)]
    assert word.rates(np.arange(7), 7) == pytest.approx(expected)


def test_a_warm_up_longer_than_the_training_only_rises():
    word = Warmup(over=steps(10), into=Cosine(rate=1.0))
    assert word.rates(np.arange(5), 5) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])


def test_the_rate_of_vaswani_is_highest_after_the_warm_up():
    word = Noam(d_model=512)
    found = word.rates(np.arange(10_000), 10_000)
    assert found.argmax() + 1 == 4000
    assert found.max() == pytest.approx(512**-0.5 * 4000**-0.5)
