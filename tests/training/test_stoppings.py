"""Training ends once its error or loss is small, and what is read is what it then had."""

import attrs
import pytest
import torch

from ddspec.plan.stacking import stack_key
from ddspec.spec.model import Seed
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from ddspec.vocabulary.stoppings.train_error import TrainError
from ddspec.vocabulary.stoppings.train_loss import TrainLoss
from tests.training.made import cell, data, descent, difference, plain_loop, stacked

FAST = Sgd(lr=Constant(rate=0.1))


def ended(until, epochs=30, seed=0, samples=30):
    train = descent(FAST, epochs, until=until)
    return cell(data(samples), train=train, seed=Seed(seed, seed, seed))


def course(one):
    """The risks of the same cell without an end, after every epoch."""
    free = attrs.evolve(one, train=attrs.evolve(one.train, until=None))
    return stacked([free], points=range(31))[0].readings.series


@pytest.mark.parametrize(
    ("until", "risk"),
    [(TrainError(at_most=0.5), "train_error"), (TrainLoss(at_most=1.4), "train_loss")],
    ids=["error", "loss"],
)
def test_a_run_ends_at_the_first_epoch_whose_risk_is_small(until, risk):
    cells = [ended(until, seed=seed, samples=30 - 7 * seed) for seed in range(3)]
    for run, one in zip(stacked(cells), cells, strict=True):
        risks = course(one)[risk]
        epoch = next(n for n, value in enumerate(risks) if value <= until.at_most)
        assert 0 < epoch < 30
        assert run.stopped == epoch * run.course.epoch
        assert run.readings.series[risk][-1] == pytest.approx(risks[epoch], rel=1e-12)


def test_the_weights_are_those_of_that_time():
    one = ended(TrainLoss(at_most=0.5))
    run = stacked([one])[0]
    short = attrs.evolve(one, train=descent(FAST, duration=Duration(run.stopped, "steps")))
    plain = plain_loop(short, torch.optim.SGD)
    assert difference(run, plain) < 1e-10


def test_a_run_that_never_gets_there_trains_to_its_end():
    one = ended(TrainLoss(at_most=0.0), epochs=4)
    run = stacked([one])[0]
    assert run.stopped is None
    free = attrs.evolve(one, train=descent(FAST, 4))
    plain = plain_loop(free, torch.optim.SGD)
    assert difference(run, plain) < 1e-10


def test_looks_may_be_far_apart():
    one = ended(TrainLoss(at_most=1.0, every=Duration(10, "epochs")))
    run = stacked([one])[0]
    assert run.stopped % (10 * run.course.epoch) == 0
    near = stacked([ended(TrainLoss(at_most=1.0))])[0]
    assert near.stopped < run.stopped


def test_other_ends_train_in_other_stacks():
    one, other = ended(TrainLoss(at_most=0.5)), ended(TrainLoss(at_most=0.4))
    assert stack_key(one) != stack_key(other)
