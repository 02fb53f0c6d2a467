"""A run's outlook and events, turned into what its display shows."""

from __future__ import annotations

import time
from collections.abc import Sequence

import attrs

from ddspec.commands.advance import Advance
from ddspec.commands.display import Display
from ddspec.execution.events import Event, Finished, Retried, Started
from ddspec.plan.outlook import Outlook


@attrs.define
class Watch:
    """Follows one run: give `begin` and `see` to the pipeline."""

    display: Display
    advance: Advance = attrs.field(factory=lambda: Advance({}))
    _told: str = attrs.field(default="", init=False)

    def begin(self, outlooks: Sequence[Outlook]) -> None:
        """Note what will train; a cell that two experiments share counts once.

        Called again before each round of a tuning; what later rounds have at most counts as well.
        """
        work: dict[str, float] = {}
        for outlook in outlooks:
            ids, seconds = outlook.plan.ids, outlook.work
            work |= {ids[number]: float(seconds[number]) for number in outlook.pending.tolist()}
        every = {cell for outlook in outlooks for cell in outlook.plan.ids}
        self.advance.expect(
            work,
            every,
            sum(outlook.later for outlook in outlooks),
            sum(outlook.later_seconds for outlook in outlooks),
        )
        if work:
            self.display.update(self.advance)

    def see(self, event: Event) -> None:
        """Count what finished; tell what started, what failed and what is tried again."""
        match event:
            case Started():
                self.advance.start(time.monotonic())
                many = "worker" if event.workers == 1 else "workers"
                told = f"{event.workers} {many}: {event.where}"
                if told != self._told:  # each round of a tuning has its own start
                    self._told = told
                    self.display.note(told)
            case Finished():
                for reason in self.advance.add(event.records):
                    self.display.note(f"failed: {reason}", "red")
                self.display.update(self.advance)
            case Retried():
                self.display.note(f"trying {event.cells:,} cells again: {event.reason}")
