"""Every cell ends once, whatever fails on the way; no Ray is needed to see it."""

from collections import deque

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddspec.execution.dispatch import agenda_of, dispatch
from ddspec.execution.events import Finished, Retried
from ddspec.execution.task import Outcome
from tests.execution.batches import cells, finished, read, split, width


@attrs.define(slots=False)
class FakeCrew:
    """A crew whose workers raise or die at chosen widths; `log` has every batch it was given."""

    raising: frozenset = frozenset()
    deadly: frozenset = frozenset()
    spare: int = 0  # deaths that come from outside, at the first batches
    depth: int = 2
    tasks: deque = attrs.field(factory=deque)
    log: list = attrs.field(factory=list)

    def pick(self, waiting):
        return waiting[0] if len(self.tasks) < self.depth else None

    def submit(self, task):
        self.log.append([width(cell) for cell in task.batch.cells])
        self.tasks.append(task)

    def wait(self):
        task = self.tasks.popleft()
        widths = {width(cell) for cell in task.batch.cells}
        if self.spare or widths & self.deadly:
            self.spare -= bool(self.spare)
            left, self.tasks = self.tasks, deque()
            return [Outcome(task, error="x\nkilled", died=True), *map(Outcome, left)]
        if widths & self.raising:
            return [Outcome(task, error="Traceback\nBoom: bad")]
        return [Outcome(task, tuple(map(read, task.batch.cells)))]


def statuses(crew, count=8, size=8, retries=1):
    ended = finished(dispatch(agenda_of(split(cells(count), size)), crew, retries))
    return {width(cell): ended[cell.id].status for cell in cells(count)}


def test_batches_are_handed_out_in_order():
    crew = FakeCrew()
    assert set(statuses(crew, size=2).values()) == {"done"}
    assert crew.log == [[2, 3], [4, 5], [6, 7], [8, 9]]


def test_the_cell_that_raises_is_cornered_and_the_rest_is_done():
    crew = FakeCrew(raising=frozenset({5}))
    assert statuses(crew) == {w: "failed" if w == 5 else "done" for w in range(2, 10)}
    assert [batch for batch in crew.log if 5 in batch] == [
        [2, 3, 4, 5, 6, 7, 8, 9], [2, 3, 4, 5], [4, 5], [5], [5],
    ]  # fmt: skip


def test_half_a_batch_should_take_half_as_long():
    given = [attrs.evolve(batch, seconds=8.0) for batch in split(cells(8), 8)]
    crew = FakeCrew(raising=frozenset({5}))
    seen = []
    crew.submit = lambda task: (seen.append(task.batch), crew.tasks.append(task))
    list(dispatch(agenda_of(given), crew, 0))
    assert all(batch.seconds == len(batch) for batch in seen)


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_failing_cell_is_tried_as_often_as_asked(retries):
    crew = FakeCrew(raising=frozenset({5}))
    statuses(crew, retries=retries)
    assert crew.log.count([5]) == 1 + retries


def test_a_failed_cell_keeps_its_traceback():
    crew = FakeCrew(raising=frozenset({2}))
    (record,) = finished(dispatch(agenda_of(split(cells(1), 1)), crew, 0)).values()
    assert (record.status, record.error) == ("failed", "Traceback\nBoom: bad")
    assert len(record.points) == len(record.series) == 0


def test_a_batch_whose_worker_dies_is_tried_whole_once_more():
    crew = FakeCrew(spare=1)
    assert set(statuses(crew).values()) == {"done"}
    assert crew.log == [list(range(2, 10))] * 2


def test_a_batch_that_kills_twice_is_halved_to_the_cell_that_does():
    crew = FakeCrew(deadly=frozenset({5}))
    assert statuses(crew) == {w: "failed" if w == 5 else "done" for w in range(2, 10)}
    fatal = [len(batch) for batch in crew.log if 5 in batch]
    assert fatal == [8, 8, 4, 2, 1]


def test_a_failure_has_its_cause():
    crew = FakeCrew(raising=frozenset({4}), deadly=frozenset({7}))
    records = finished(dispatch(agenda_of(split(cells(8), 8)), crew, 0)).values()
    failed = {record.cell: record.cause for record in records if record.status == "failed"}
    assert failed == {cells(8)[2].id: "exception", cells(8)[5].id: "killed"}


def test_what_a_lost_crew_had_is_handed_out_again_first():
    """A cluster that dies takes its batches under way with it; none of them is blamed."""
    agenda, crew = agenda_of(split(cells(8), 2)), FakeCrew(depth=2)
    events = dispatch(agenda, crew, 0)
    (first,) = next(events).records[:1]
    events.close()
    assert len(agenda.under_way) == 1
    agenda.take_back()
    other = FakeCrew()
    found = finished(dispatch(agenda, other, 0))
    assert other.log == [[4, 5], [6, 7], [8, 9]]
    assert first.cell not in found
    assert len(found) == 6


def test_batches_that_waited_at_a_dead_worker_are_not_blamed():
    crew = FakeCrew(deadly=frozenset({2}), depth=4)
    statuses(crew, size=1)
    assert crew.log.count([2]) == 2
    events = list(dispatch(agenda_of(split(cells(4), 1)), FakeCrew(spare=1, depth=4), 1))
    assert [event for event in events if isinstance(event, Retried)] == [Retried(1, "killed")]


@given(
    raising=st.frozensets(st.integers(2, 13)),
    deadly=st.frozensets(st.integers(2, 13)),
    spare=st.integers(0, 3),
    size=st.integers(1, 12),
    depth=st.integers(1, 4),
    retries=st.integers(0, 2),
)
def test_every_cell_ends_once_and_harmless_cells_are_done(
    raising, deadly, spare, size, depth, retries
):
    crew = FakeCrew(raising, deadly, spare, depth)
    found = statuses(crew, 12, size, retries)
    assert set(found) == set(range(2, 14))
    failed = {w for w, status in found.items() if status == "failed"}
    assert failed >= raising | deadly
    assert len(failed - raising - deadly) <= spare // 2


def test_records_come_as_batches_finish():
    events = dispatch(agenda_of(split(cells(4), 2)), FakeCrew(depth=1), 1)
    assert [len(event.records) for event in events if isinstance(event, Finished)] == [2, 2]
