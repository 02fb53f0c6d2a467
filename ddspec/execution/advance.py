"""The count of a run that is going on: cells done, work left, workers, failures by cause."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import attrs

from ddspec.execution.events import Event, Finished, Retried, Started
from ddspec.execution.progress import Progress, Worked
from ddspec.execution.task import last_line
from ddspec.plan.outlook import Outlook
from ddspec.training.record import Record


@attrs.define
class Advance:
    """Counts a run: give it the outlooks of every round and every event.

    `work` holds the estimated core-seconds of every cell that will train, by id: the time left
    follows from the work done, since a wide cell may cost a hundred narrow ones. `kept` cells
    need no training; `started` is when the run began, on the monotonic clock. `later`: cells that
    rounds to come may train at most, and `later_work` their core-seconds.
    """

    work: Mapping[str, float] = attrs.field(factory=dict)
    kept: int = 0
    started: float = attrs.field(factory=time.monotonic)
    statuses: Counter[str] = attrs.field(factory=Counter)
    causes: Counter[str] = attrs.field(factory=Counter)
    workers: dict[str, Worked] = attrs.field(factory=dict)
    retried: int = 0
    where: str = ""
    worked: float = 0.0
    later: int = 0
    later_work: float = 0.0
    whole: float = attrs.field(init=False)
    _begun: bool = attrs.field(default=False, init=False)
    _kept: set[str] = attrs.field(factory=set, init=False)

    @whole.default
    def _add_up(self) -> float:
        return sum(self.work.values()) + self.later_work

    def begin(self, outlooks: Sequence[Outlook]) -> None:
        """Note what will train; a cell that two experiments share counts once.

        Called again before each round of a tuning; what later rounds have at most counts as well.
        """
        work: dict[str, float] = {}
        for outlook in outlooks:
            ids, seconds = outlook.plan.ids, outlook.work
            work |= {ids[number]: float(seconds[number]) for number in outlook.pending.tolist()}
        self.expect(
            work,
            {cell for outlook in outlooks for cell in outlook.plan.ids},
            sum(outlook.later for outlook in outlooks),
            sum(outlook.later_seconds for outlook in outlooks),
        )

    def see(self, event: Event) -> list[str]:
        """Count what happened; gives the causes of failure that were not seen before."""
        match event:
            case Started():
                self.start(time.monotonic())
                many = "worker" if event.workers == 1 else "workers"
                self.where = f"{event.workers} {many}: {event.where}"
            case Finished():
                if event.by:
                    before = self.workers.get(event.by, Worked())
                    cells = before.cells + len(event.records)
                    self.workers[event.by] = Worked(cells, before.seconds + event.seconds)
                return self.add(event.records)
            case Retried():
                self.retried += 1
        return []

    def expect(
        self, work: Mapping[str, float], every: set[str], later: int = 0, later_work: float = 0.0
    ) -> None:
        """Take the cells of another round in: those that train, `work`, of `every` one it has."""
        self._kept |= every - set(work) - set(self.work)
        self.work = {**self.work, **work}
        self.kept, self.later, self.later_work = len(self._kept), later, later_work
        self.whole = self._add_up()

    def start(self, now: float) -> None:
        """The first workers have come: the clock runs from here."""
        if not self._begun:
            self._begun, self.started = True, now

    def add(self, records: Iterable[Record]) -> list[str]:
        """Count finished cells; gives the causes of failure that were not seen before."""
        fresh = []
        for record in records:
            self.statuses[record.status] += 1
            self.worked += self.work.get(record.cell, 0.0)
            if record.status == "failed":
                reason = last_line(record.error)
                fresh += [] if reason in self.causes else [reason]
                self.causes[reason] += 1
        return fresh

    @property
    def total(self) -> int:
        """Cells that will train, at most."""
        return len(self.work) + self.later

    @property
    def done(self) -> int:
        """Cells trained so far, failed ones included."""
        return self.statuses.total()

    @property
    def saved(self) -> int:
        """Cells trained so far that running again need not train."""
        return self.done - self.statuses["failed"]

    @property
    def share(self) -> float:
        """Done work over all work, 0 to 1."""
        return self.worked / self.whole if self.whole else 1.0

    def left(self, now: float) -> float | None:
        """Seconds left at the pace so far; None before anything is done."""
        if not self.worked:
            return None
        return (now - self.started) * (1 - self.share) / self.share

    def progress(self, now: float) -> Progress:
        """How far the run is at a moment of the monotonic clock."""
        return Progress(
            cells=self.total,
            most=bool(self.later),
            done=self.done,
            kept=self.kept,
            statuses=dict(self.statuses),
            causes=dict(self.causes),
            share=self.share,
            seconds=now - self.started,
            left=self.left(now),
            workers=dict(self.workers),
            retried=self.retried,
            where=self.where,
        )


def by_cause(errors: Iterable[str]) -> list[tuple[str, int]]:
    """How many failures each cause has, the commonest first."""
    return Counter(map(last_line, errors)).most_common()
