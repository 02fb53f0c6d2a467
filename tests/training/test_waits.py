"""Nothing waits for the device between two readings, and a reading waits once."""

import attrs
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ddspec.training.stack import Stack
from ddspec.vocabulary.measures.weight_norm import WeightNorm
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from tests.training.made import cell, data, descent, stacked

WAITING = {"aten::_local_scalar_dense", "aten::nonzero", "aten::is_nonzero", "aten::equal"}


class Waits(TorchDispatchMode):
    """Counts operations whose result the processor has to know."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func._schema.name in WAITING
        return func(*args, **(kwargs or {}))


def cells_of(steps, count=3):
    train = descent(Sgd(lr=Constant(rate=0.01)), duration=Duration(steps, "steps"))
    return [cell(data(30 - 4 * n), (Dropout(rate=0.2),), train, n) for n in range(count)]


def test_waits_do_not_grow_with_the_steps():
    counts = []
    for steps in (10, 300):
        stacked(cells_of(steps), ways=("eager",))  # recorded now
        with Waits() as waits:
            stacked(cells_of(steps), ways=("eager",))
        counts.append(waits.count)
    assert counts[0] == counts[1] > 0


def test_a_reading_is_one_transfer(monkeypatch):
    """Of all risks and measures of all models, however many samples they have."""
    transfers, cpu = [], torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "cpu", lambda t: transfers.append(t.shape) or cpu(t))
    points = (0, 3, 8, 12)
    runs = stacked(cells_of(12), unit="steps", points=points, measures={"norm": WeightNorm()})
    assert len(transfers) == len(points)
    assert {len(run.readings.series) for run in runs} == {5}
    assert transfers == [torch.Size([3 + 5 * 3])] * 4


@pytest.mark.parametrize(("lost", "noticed"), [(64, 100), (128, 180)])
def test_weights_lost_between_readings_are_noticed_at_the_next(monkeypatch, lost, noticed):
    """Even when they are finite again there."""
    find, looks = Stack._lost, []

    def spoiled(self, models):
        looks.append(self._pauses(None)[len(looks)])
        found = find(self, models)
        found[0] |= looks[-1] == lost
        return found

    monkeypatch.setattr(Stack, "_lost", spoiled)
    runs = stacked(cells_of(200, 2), unit="steps", points=(0, 100, 180), ways=("eager",))
    assert lost in looks
    assert [run.readings.stop for run in runs] == [noticed, None]


def test_a_stack_that_is_lost_stops_at_its_next_reading(monkeypatch):
    trained, train = [], Stack._train
    monkeypatch.setattr(Stack, "_train", lambda *a: trained.append(a[2:]) or train(*a))
    wild = descent(Sgd(lr=Constant(rate=1e200)), duration=Duration(4000, "steps"))
    cells = [attrs.evolve(one, train=wild) for one in cells_of(1)]
    runs = stacked(cells, unit="steps", points=(0, 10), ways=("eager",))
    assert [run.readings.stop for run in runs] == [10] * 3
    assert trained == [(0, 10)]
