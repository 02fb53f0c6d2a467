"""This process trains by the same rules as a cluster, and loads no Ray for it."""

import subprocess
import sys

import attrs
import pytest
import torch

from ddspec.errors import DdspecError
from ddspec.execution.events import Started
from ddspec.execution.execute import execute
from ddspec.execution.options import Options
from ddspec.execution.pools import load_shared
from ddspec.execution.worker import one_thread
from ddspec.plan.batch import Batch
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from tests.execution.batches import DIGITS, cells, finished, read, real_batches, split, width


def test_nothing_to_train_is_no_event():
    assert list(execute([], Options(local=True))) == []
    assert list(execute([])) == []


def test_every_cell_is_trained():
    events = list(execute(real_batches(), Options(local=True)))
    assert events[0] == Started(1, "this process")
    records = finished(events).values()
    assert {record.status for record in records} == {"done"}
    assert all(record.worker for record in records)


def test_batches_are_cut_for_the_one_worker_here():
    asked = []

    def cut(batches, device, workers):
        asked.append((len(batches), device, workers))
        return split([cell for batch in batches for cell in batch.cells], 1)

    def alone(batch, pools, device):
        (cell,) = batch.cells
        return (read(cell),)

    records = finished(execute(split(cells(4), 4), Options(local=True), cut=cut, fit=alone))
    assert {record.status for record in records.values()} == {"done"}
    assert (len(records), asked) == (4, [(1, "cpu", 1)])


def test_company_and_order_change_no_bits():
    batches = real_batches()
    alone = [Batch((cell,), b.unit, b.points, b.measures) for b in batches for cell in b.cells]
    together = finished(execute(batches, Options(local=True)))
    for cell, record in finished(execute(alone[::-1], Options(local=True))).items():
        for name, values in record.series.items():
            assert values.tobytes() == together[cell].series[name].tobytes()


def test_a_failing_cell_is_cornered_here_too():
    def odd(batch, pools, device):
        if any(width(cell) == 4 for cell in batch.cells):
            raise ValueError("width four")
        return tuple(map(read, batch.cells))

    records = finished(execute(split(cells(4), 4), Options(local=True), fit=odd)).values()
    (bad,) = [record for record in records if record.status == "failed"]
    assert bad.error.strip().endswith("ValueError: width four")
    assert bad.cell == cells(4)[2].id


def test_records_of_other_cells_are_an_error():
    def confused(batch, pools, device):
        return tuple(map(read, cells(2)))

    records = finished(
        execute(split(cells(1), 1), Options(local=True, retries=0), fit=confused)
    ).values()
    assert ["not those of the batch" in record.error for record in records] == [True]


def test_an_interrupt_is_not_a_failure_of_the_batch():
    def interrupted(batch, pools, device):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(execute(split(cells(1), 1), Options(local=True), fit=interrupted))


def test_missing_data_are_said_before_anything_starts(monkeypatch):
    def missing(self, seed, folder):
        raise DdspecError("no files")

    monkeypatch.setattr(Mnist1d, "pool", missing)
    with pytest.raises(DdspecError, match="no files"):
        next(execute(split(cells(1, DIGITS), 1)))


def test_a_shared_pool_is_read_once(monkeypatch):
    reads = []
    real = Mnist1d.pool
    monkeypatch.setattr(
        Mnist1d, "pool", lambda self, *rest: reads.append(self) or real(self, *rest)
    )
    smaller = attrs.evolve(DIGITS, samples=20)  # another dataset, of the same pool
    assert len(load_shared(split([*cells(2, DIGITS), *cells(2, smaller)], 1), None)) == 1
    assert len(reads) == 1


def test_training_is_on_one_thread_and_leaves_the_users_setting():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_training_here_loads_no_ray():
    script = (
        "import sys; from tests.execution.batches import *;"
        "from ddspec.execution.execute import execute;"
        "from ddspec.execution.options import Options;"
        "fit = lambda b, p, d: (read(b.cells[0]),);"
        "list(execute(split(cells(1), 1), Options(local=True), fit=fit));"
        "print('ray' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
