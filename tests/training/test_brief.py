"""Runs of a few steps are not recorded: the same numbers, sooner."""

import attrs
import pytest
import torch

from ddspec.plan.stacking import stack_key
from ddspec.training import eager
from ddspec.vocabulary.procedures import gradient_descent
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.schema import Duration
from tests.training.made import cell, data, descent, stacked

TERMS = (BatchNorm(), Dropout(rate=0.3))


def cells(steps):
    train = descent(duration=Duration(steps, "steps"))
    return [cell(data(30 - 4 * n), TERMS, train, n) for n in range(3)]


@pytest.fixture
def recorded(monkeypatch):
    """The sizes of the stacks of which a step was recorded."""
    sizes, record = [], eager.record
    monkeypatch.setattr(
        eager, "record", lambda step, given: sizes.append(len(given[0])) or record(step, given)
    )
    monkeypatch.setattr(eager, "once", lambda _, make: make())
    return sizes


def weights(runs):
    return [torch.cat([tensor.flatten() for tensor in run.weights.values()]) for run in runs]


def test_a_few_steps_are_taken_without_recording_and_agree(recorded, monkeypatch):
    few = weights(stacked(cells(8), ways=("eager",)))
    assert recorded == []
    monkeypatch.setattr(gradient_descent, "BRIEF", 7)
    same = weights(stacked(cells(8), ways=("eager",)))
    assert recorded == [3]
    for one, other in zip(few, same, strict=True):
        assert (one - other).abs().max() < 1e-12


def test_more_steps_are_recorded(recorded):
    stacked(cells(9), ways=("eager",))
    assert recorded == [3]


def test_brief_runs_do_not_stack_with_longer_ones():
    (one, *_) = cells(8)
    longer = attrs.evolve(one, train=descent(duration=Duration(9, "steps")))
    longest = attrs.evolve(one, train=descent(duration=Duration(90, "steps")))
    assert stack_key(one) != stack_key(longer) == stack_key(longest)
