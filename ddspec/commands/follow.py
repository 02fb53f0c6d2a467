"""A run's events and count, turned into what its display shows."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ddspec.commands.display import Display
from ddspec.execution.advance import Advance
from ddspec.execution.events import Event, Finished, Noted, Retried, Started
from ddspec.plan.outlook import Outlook


@attrs.define
class Follower:
    """Shows one run: give `begin` and `see` to the pipeline, and `advance`, which it counts in."""

    display: Display
    advance: Advance = attrs.field(factory=Advance)
    _told: set[str] = attrs.field(factory=set, init=False)

    def begin(self, outlooks: Sequence[Outlook]) -> None:
        """Show what will train, if anything does."""
        if any(len(outlook.pending) for outlook in outlooks):
            self.display.update(self.advance)

    def see(self, event: Event) -> None:
        """Show what finished; tell what started, what failed and what is tried again."""
        match event:
            case Started():
                self._tell(self.advance.where)  # each round of a tuning has its own start
            case Finished():
                for reason in self.advance.causes:
                    self._tell(f"failed: {reason}", "red")
                self.display.update(self.advance)
            case Retried():
                self.display.note(f"trying {event.cells:,} cells again: {event.reason}")
            case Noted():
                self.display.note(event.text, "yellow")

    def _tell(self, text: str, color: str | None = None) -> None:
        """Note what was not noted before."""
        if text not in self._told:
            self._told.add(text)
            self.display.note(text, color)
