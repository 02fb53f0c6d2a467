"""Batches to events: hand out, collect, try again, and corner the cell that fails."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import attrs
import numpy as np

from ddspec.execution.events import Event, Finished, Retried
from ddspec.execution.task import Crew, Outcome, Task, last_line
from ddspec.plan.batch import Batch
from ddspec.training.record import Record


def dispatch(batches: Iterable[Batch], crew: Crew, retries: int) -> Iterator[Event]:
    """Train batches in the order given; every cell ends in exactly one `Finished`.

    A batch that raises is halved until the cell that raises is alone; it is tried `retries` times
    more and then recorded as failed with its traceback. A batch whose worker dies is tried whole
    once more, since the machine may be at fault, and halved when a second worker dies.
    """
    waiting = deque(Task(batch) for batch in batches)
    under_way = 0
    while waiting or under_way:
        while waiting and crew.takes(len(waiting)):
            crew.submit(waiting.popleft())
            under_way += 1
        for outcome in crew.wait():
            under_way -= 1
            if outcome.records:
                yield Finished(outcome.records, outcome.by, outcome.seconds, outcome.printed)
                continue
            again = _again(outcome, retries)
            waiting.extendleft(reversed(again))
            if not again:
                told = outcome.by, outcome.seconds, outcome.printed
                yield Finished(tuple(_failed(outcome)), *told)
            elif outcome.error:
                yield Retried(len(outcome.task.batch), last_line(outcome.error))


def _again(outcome: Outcome, retries: int) -> list[Task]:
    """The tasks that try the cells of a failed one again; none when its one cell is given up."""
    task = outcome.task
    if not outcome.error:  # its worker died before it was begun
        return [task]
    failures, deaths = task.failures + (not outcome.died), task.deaths + outcome.died
    alone = len(task.batch) == 1
    if outcome.died and (deaths == 1 or (alone and deaths <= retries)):
        return [attrs.evolve(task, deaths=deaths)]
    if not alone:  # a half that killed before is halved again at its first death
        return [Task(half, deaths=min(deaths, 1)) for half in _halves(task.batch)]
    if not outcome.died and failures <= retries:
        return [attrs.evolve(task, failures=failures)]
    return []


def _halves(batch: Batch) -> list[Batch]:
    middle = (len(batch) + 1) // 2
    halves = (batch.cells[:middle], batch.cells[middle:])
    return [attrs.evolve(batch, cells=cells, seconds=batch.seconds / 2) for cells in halves]


def _failed(outcome: Outcome) -> Iterator[Record]:
    for cell in outcome.task.batch.cells:
        yield Record(
            cell=cell.id,
            status="failed",
            unit=outcome.task.batch.unit,
            points=np.zeros(0, np.int32),
            series={},
            parameters=0,
            stop=0,
            seconds=0.0,
            error=outcome.error,
        )
