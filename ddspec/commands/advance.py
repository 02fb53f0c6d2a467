"""How far a run is: cells done, work left, failures by cause."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from ddspec.execution.task import last_line
from ddspec.plan.duration import duration_text
from ddspec.training.record import Record


@attrs.define
class Advance:
    """The count of a run that is going on.

    `work` holds the estimated core-seconds of every cell that will train, by id: the time left
    follows from the work done, since a wide cell may cost a hundred narrow ones. `kept` cells
    need no training; `started` is when the run began, on the monotonic clock. `later`: cells that
    rounds to come may train at most, and `later_work` their core-seconds.
    """

    work: Mapping[str, float]
    kept: int = 0
    started: float = attrs.field(factory=time.monotonic)
    statuses: Counter[str] = attrs.field(factory=Counter)
    causes: Counter[str] = attrs.field(factory=Counter)
    worked: float = 0.0
    later: int = 0
    later_work: float = 0.0
    whole: float = attrs.field(init=False)
    _begun: bool = attrs.field(default=False, init=False)
    _kept: set[str] = attrs.field(factory=set, init=False)

    @whole.default
    def _add_up(self) -> float:
        return sum(self.work.values()) + self.later_work

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

    def left(self, now: float) -> float | None:
        """Seconds left at the pace so far; None before anything is done."""
        if not self.worked:
            return None
        return (now - self.started) * (1 - self.share) / self.share

    def line(self, now: float) -> str:
        """`120/440 cells  2.4 cells/s  about 3 min left  2 failed`."""
        most = "at most " if self.later else ""
        parts = [f"{self.done:,}/{most}{self.total:,} cells"]
        pace = self.done / max(now - self.started, 1e-9)
        parts += [f"{pace:.3g} cells/s"] if self.done else []
        left = self.left(now)
        if left is not None and self.done < self.total:
            parts.append(f"about {duration_text(left)} left")
        parts += [
            f"{self.statuses[status]:,} {status}"
            for status in ("failed", "diverged")
            if self.statuses[status]
        ]
        return "  ".join(parts)


def by_cause(errors: Iterable[str]) -> list[tuple[str, int]]:
    """How many failures each cause has, the commonest first."""
    return Counter(map(last_line, errors)).most_common()
