"""Small batches, and what stands in for training where training is not the point."""

import numpy as np

from ddspec.execution.events import Finished
from ddspec.plan.batch import Batch
from ddspec.plan.expand import expand
from ddspec.spec.model import Table
from ddspec.training.record import Record
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from tests.results.made import curve, solved

DRAWN = LinearGaussian(samples=5, features=3, test=5)  # no pool is shared
DIGITS = Mnist1d(samples=50, test=10)  # a pool for all


def cells(count=8, dataset=DRAWN):
    plan = expand(curve(range(2, 2 + count), (0,), dataset=Table((), (dataset,))))
    return plan.cells(range(count))


def split(cells, size):
    return [Batch(cells[n : n + size], points=(1, 4)) for n in range(0, len(cells), size)]


def real_batches():
    """Trained and solved cells on shared and drawn pools."""
    trained = expand(curve(widths=(3, 5), seeds=(0, 1)))
    closed = expand(solved())
    return [
        *(Batch((trained.cell(n), trained.cell(n + 1)), points=(1, 4)) for n in (0, 2)),
        *(Batch((closed.cell(n),)) for n in range(len(closed))),
    ]


def width(cell):
    return cell.architecture.hidden[0]


def read(cell):
    points = np.array([1, 4], np.int32)
    losses = np.array([width(cell), width(cell) + 0.5], np.float32)
    return Record(cell.id, "done", "epochs", points, {"test_loss": losses}, 3, 4, 0.1)


def finished(events):
    """The records of a run by cell; a cell that ends twice is a defect."""
    found = [record for event in events if isinstance(event, Finished) for record in event.records]
    assert len({record.cell for record in found}) == len(found)
    return {record.cell: record for record in found}


def alike(one, other):
    """Two records have the same bits, whoever made them and however long it took."""
    assert set(one.series) == set(other.series)
    for name, values in one.series.items():
        assert values.tobytes() == other.series[name].tobytes(), name
    assert one.points.tobytes() == other.points.tobytes()
    assert [getattr(one, name) for name in ("status", "unit", "stop", "parameters")] == [
        getattr(other, name) for name in ("status", "unit", "stop", "parameters")
    ]
    return True
