"""A Ray cluster trains what this process would, and survives its workers."""

import os
import signal

import pytest

from ddspec.errors import DdspecError
from ddspec.execution.cluster import DIED
from ddspec.execution.events import Retried, Started
from ddspec.execution.execute import execute
from ddspec.execution.options import Options
from ddspec.execution.ray_session import reach
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from tests.execution.batches import DIGITS, alike, cells, finished, read, real_batches, split, width


def test_two_nodes_give_the_bits_of_this_process(two_nodes):
    batches = real_batches()
    here = finished(execute(batches, Options(local=True)))
    events = list(execute(batches))
    there = finished(events)
    assert events[0] == Started(2, "2 nodes")
    assert set(here) == set(there) == {cell.id for batch in batches for cell in batch.cells}
    assert all(alike(here[cell], there[cell]) for cell in here)
    assert {record.status for record in there.values()} == {"done"}


def test_batches_are_cut_for_the_workers_of_the_cluster(two_nodes):
    """One batch of four cells, which would have kept one worker busy, is shared by two."""
    asked = []

    def cut(batches, device, workers):
        asked.append((device, workers))
        return split([cell for batch in batches for cell in batch.cells], 2)

    def in_twos(batch, pools, device):
        assert len(batch) == 2
        return tuple(map(read, batch.cells))

    events = list(execute(split(cells(4), 4), Options(retries=0), cut=cut, fit=in_twos))
    assert (events[0], asked) == (Started(2, "2 nodes"), [("cpu", 2)])
    assert [record.status for record in finished(events).values()] == ["done"] * 4


def test_a_killed_worker_costs_nothing(two_nodes, tmp_path):
    """Processes are killed from outside at work on a harmless batch."""
    mark = tmp_path / "killed"

    def killed_once(batch, pools, device):
        if width(batch.cells[0]) == 4 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return tuple(map(read, batch.cells))

    events = list(execute(split(cells(8), 2), Options(retries=0), fit=killed_once))
    assert mark.exists()
    assert {record.status for record in finished(events).values()} == {"done"}
    assert len(finished(events)) == 8
    assert [event for event in events if isinstance(event, Retried)] == [Retried(2, DIED)]


def test_the_cell_that_kills_its_workers_is_cornered(two_nodes):
    def deadly(batch, pools, device):
        if any(width(cell) == 4 for cell in batch.cells):
            os._exit(9)
        return tuple(map(read, batch.cells))

    records = finished(execute(split(cells(4), 2), fit=deadly)).values()
    assert sorted(record.status for record in records) == ["done"] * 3 + ["failed"]
    (bad,) = [record for record in records if record.status == "failed"]
    assert bad.cell == cells(4)[2].id
    assert bad.error.endswith(DIED)


def test_an_exception_in_a_worker_comes_back_with_its_traceback(two_nodes):
    class OddError(Exception):
        """Only the worker knows this class."""

    def odd(batch, pools, device):
        if any(width(cell) == 4 for cell in batch.cells):
            raise OddError("width four")
        return tuple(map(read, batch.cells))

    records = finished(execute(split(cells(4), 4), Options(retries=0), fit=odd)).values()
    assert [record.cell for record in records if record.status == "failed"] == [cells(4)[2].id]
    (error,) = [record.error for record in records if record.error]
    assert error.startswith("Traceback")
    assert error.strip().endswith("OddError: width four")


def test_shared_pools_are_read_by_the_driver_only(two_nodes, monkeypatch):
    """What the driver has read reaches the workers: its mark is on every pool they see."""
    real = Mnist1d.pool

    def marked(self, seed, folder):
        pool = real(self, seed, folder)
        pool.train_targets[0] = 77
        return pool

    def seen(batch, pools, device):
        values = [pools(cell.dataset, 5).train_targets[0] for cell in batch.cells]
        assert values == [77] * len(values)
        return tuple(map(read, batch.cells))

    monkeypatch.setattr(Mnist1d, "pool", marked)
    records = finished(execute(split(cells(4, DIGITS), 1), Options(retries=0), fit=seen)).values()
    assert [record.error for record in records] == [""] * 4


def test_more_workers_than_processors_are_refused_at_once(two_nodes):
    with pytest.raises(DdspecError, match=r"^99 workers need 1 processor each, .* room for 2$"):
        list(execute(split(cells(4), 1), Options(workers=99)))


def test_workers_that_cannot_start_are_said(two_nodes):
    class Unloadable:
        def __reduce__(self):
            return (__import__, ("a_module_that_is_nowhere",))

        def __call__(self, batch, pools, device):
            raise NotImplementedError

    with pytest.raises(DdspecError, match=r"cannot be started: .*a_module_that_is_nowhere"):
        list(execute(split(cells(2), 1), fit=Unloadable()))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense:port", "ray://127.0.0.1:1"])
def test_an_address_where_nobody_answers_is_said_at_once(address):
    with pytest.raises(DdspecError, match="no Ray cluster answers at"):
        reach(address)
