"""Watches: runs that end before their time, and weights kept of an earlier time."""

import attrs
import numpy as np
import pytest
import torch

from ddspec.plan.batch import Batch
from ddspec.spec.model import Seed
from ddspec.training.fit import fit
from ddspec.vocabulary.kinds import Regularizer
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from ddspec.vocabulary.watch import Watch
from tests.training.made import cell, data, descent, numbered, pools, stacked

FAST = Sgd(lr=Constant(rate=0.1), momentum=0.9)
EPOCH = Duration(1, "epochs")


@attrs.frozen(kw_only=True, slots=False)
class Halt(Regularizer):
    """Ends a run when its training loss is at most a level."""

    level: float
    every: Duration = EPOCH

    @classmethod
    def name(cls):
        return "halt"

    @classmethod
    def parameters_of(cls):
        return ()

    def watch(self):
        def judge(risk, noted, passed):
            del noted, passed
            return torch.ones_like(risk, dtype=torch.bool), risk <= self.level, {}

        return Watch("train_loss", self.every, best=False, judge=judge)


@attrs.frozen(kw_only=True, slots=False)
class Least(Halt):
    """Shows the weights of the least validation loss; ends a run `level` epochs after it."""

    def watch(self):
        def judge(risk, noted, passed):
            least = noted.get("least", torch.full_like(risk, torch.inf))
            at = noted.get("at", torch.zeros_like(risk))
            better = risk < least
            at = torch.where(better, passed, at)
            noted = {"least": torch.minimum(least, risk), "at": at}
            return better, passed - at >= self.level, noted

        return Watch("validation_loss", self.every, best=True, judge=judge)


def cells(term, lengths=(12, 12, 12), samples=(30, 30, 19)):
    """Cells that differ in seed, size and length."""
    terms = (term,) if term else ()
    return numbered(
        cell(data(n, 0.5, validation=10), terms, descent(FAST, length), Seed(s, s, s))
        for s, (n, length) in enumerate(zip(samples, lengths, strict=True))
    )


def curves(name, length=12):
    runs = stacked(cells(None), points=range(length + 1))
    return [run.readings.series[name] for run in runs]


def weights(run):
    return torch.cat([tensor.flatten() for tensor in run.weights.values()])


def test_a_run_that_is_over_is_the_shorter_run():
    level = max(curve[7] for curve in curves("train_loss"))
    ends = [int(np.argmax(curve <= level)) for curve in curves("train_loss")]
    assert len(set(ends)) > 1
    assert max(ends) == 7
    runs = stacked(cells(Halt(level=level)), points=range(13))
    alone = stacked(cells(None, lengths=ends))
    for run, short, end in zip(runs, alone, ends, strict=True):
        assert torch.equal(weights(run), weights(short))
        assert run.stopped == end * run.course.epoch


def test_what_is_read_after_the_end_is_what_was_read_at_the_end():
    plain = curves("test_loss")
    level = curves("train_loss")[0][5]
    run = stacked(cells(Halt(level=level))[:1], points=range(13))[0]
    assert (run.readings.series["test_loss"][:6] == plain[0][:6]).all()
    assert (run.readings.series["test_loss"][5:] == plain[0][5]).all()


def test_a_run_that_never_gets_there_is_as_long_as_asked():
    run, plain = stacked(cells(Halt(level=0.0)))[0], stacked(cells(None))[0]
    assert run.stopped is None
    assert torch.equal(weights(run), weights(plain))


def test_what_is_shown_is_of_the_least_validation_loss_so_far():
    worths, tests = curves("validation_loss"), curves("test_loss")
    runs = stacked(cells(Least(level=100)), points=range(13))
    for run, worth, risk in zip(runs, worths, tests, strict=True):
        best = [int(np.argmin(worth[: epoch + 1])) for epoch in range(13)]
        assert (run.readings.series["test_loss"] == risk[best]).all()


def test_a_run_ends_when_nothing_got_better_for_long_enough():
    (worth, *_) = curves("validation_loss")
    run = stacked(cells(Least(level=1))[:1], points=range(13))[0]
    rises = np.flatnonzero(worth[1:] >= np.minimum.accumulate(worth)[:-1]) + 1
    assert run.stopped == rises[0] * run.course.epoch


def test_looks_may_be_rarer_than_epochs():
    curve = curves("train_loss")[0]
    run = stacked(cells(Halt(level=curve[5], every=Duration(3, "epochs")))[:1])[0]
    assert run.stopped == 6 * run.course.epoch
    run = stacked(cells(Halt(level=curve[5], every=Duration(2, "steps")))[:1])[0]
    assert run.stopped % 2 == 0
    assert run.stopped <= 6 * run.course.epoch


def test_the_record_says_that_a_run_was_stopped_and_when():
    level = curves("train_loss")[0][5]
    batch = Batch(cells(Halt(level=level))[:1], "epochs", (1, 12), {})
    (record,) = fit(batch, pools)
    assert record.status == "stopped"
    assert record.stop == 5
    assert list(record.points) == [1, 12]


@pytest.mark.parametrize("end", [4, 12])
def test_who_leaves_the_stack_first_keeps_what_it_showed(end):
    level = max(curve[7] for curve in curves("train_loss"))
    together = stacked(cells(Halt(level=level), lengths=(12, end, 12)))
    alone = stacked(cells(Halt(level=level), lengths=(12, end, 12))[1:2])
    assert torch.equal(weights(together[1]), weights(alone[0]))


def test_a_run_that_is_over_keeps_what_it_shows_while_others_train_on():
    worths = curves("validation_loss")
    runs = stacked(cells(Least(level=1)), points=range(13))
    improved = 0
    for run, worth, tests in zip(runs, worths, curves("test_loss"), strict=True):
        stop = run.stopped // run.course.epoch if run.stopped else 12
        best = int(np.argmin(worth[: stop + 1]))
        improved += worth[stop:].min() < worth[best]
        assert (run.readings.series["test_loss"][stop:] == tests[best]).all()
    assert improved, "no run would have got better later: the test needs other cells"
