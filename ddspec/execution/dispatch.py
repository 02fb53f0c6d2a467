"""Batches to events: hand out, collect, try again, and corner the cell that fails."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import attrs
import numpy as np

from ddspec.execution.ending import Ending
from ddspec.execution.events import Event, Finished, Retried
from ddspec.execution.task import Crew, Outcome, Task, last_line
from ddspec.plan.batch import Batch
from ddspec.training.record import Record


@attrs.define(eq=False)
class Agenda:
    """The tasks of a run that are not done: those that wait and those that a crew has."""

    waiting: deque[Task]
    under_way: list[Task] = attrs.field(factory=list, init=False)
    ended: int = attrs.field(default=0, init=False)

    @property
    def empty(self) -> bool:
        """True when every cell has come to its end."""
        return not self.waiting and not self.under_way

    def hand_out(self, crew: Crew) -> None:
        """Give the crew the tasks that it picks."""
        while self.waiting and (task := crew.pick(self.waiting)) is not None:
            self.waiting.remove(task)
            self.under_way.append(task)
            crew.submit(task)

    def take_back(self) -> None:
        """Nobody works on the tasks under way any more: they wait again, before the others."""
        self.waiting.extendleft(reversed(self.under_way))
        self.under_way.clear()


def agenda_of(batches: Iterable[Batch]) -> Agenda:
    """Batches that nobody has trained, in the order given."""
    return Agenda(deque(Task(batch) for batch in batches))


def dispatch(
    agenda: Agenda, crew: Crew, retries: int = 1, ending: Ending | None = None
) -> Iterator[Event]:
    """Train what is on the agenda, as the crew picks it; each cell ends in exactly one `Finished`.

    A batch that raises is halved until the cell that raises is alone; it is tried `retries` times
    more and then recorded as failed with its traceback. A batch whose worker dies is tried whole
    once more, since the machine may be at fault, and halved when a second worker dies.
    When the end is asked for nothing is handed out any more, and what is under way is waited for
    as long as `ending` has it; the rest stays on the agenda.
    """
    ending = Ending() if ending is None else ending
    with ending.training():
        while not agenda.empty and not ending.over:
            if not ending.asked:
                agenda.hand_out(crew)
            elif not agenda.under_way:
                return
            for outcome in crew.wait():
                yield from _closed(outcome, agenda, retries)


def _closed(outcome: Outcome, agenda: Agenda, retries: int) -> Iterator[Event]:
    """What became of a task: its records, those of its failed cell, or tasks that try again."""
    agenda.under_way.remove(outcome.task)
    again = [] if outcome.records else _again(outcome, retries)
    agenda.waiting.extendleft(reversed(again))
    if not again:
        records = outcome.records or tuple(_failed(outcome))
        agenda.ended += len(records)
        yield Finished(records, outcome.by, outcome.seconds, outcome.printed)
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
            cause="killed" if outcome.died else outcome.cause or "exception",
        )
