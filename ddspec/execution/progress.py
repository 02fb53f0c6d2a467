"""How far a run is, as it is shown and written down."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

NONE: Mapping[str, int] = {}


@attrs.frozen
class Worked:
    """What one worker has done: cells, and the seconds its batches took."""

    cells: int = 0
    seconds: float = 0.0


@attrs.frozen
class Progress:
    """A run at one moment.

    cells: how many train in all, `most` where rounds of a tuning to come may need fewer; done: of
    those; kept: cells that needed no training. statuses, causes: done cells by status, failed ones
    by the last line of their error. share: of the work, 0 to 1. seconds: since workers came.
    left: seconds that it will take at the pace so far; None before anything is done. workers: by
    name, `node-3:4711`. retried: batches that were tried again. where: what trains.
    """

    cells: int = 0
    most: bool = False
    done: int = 0
    kept: int = 0
    statuses: Mapping[str, int] = NONE
    causes: Mapping[str, int] = NONE
    share: float = 0.0
    seconds: float = 0.0
    left: float | None = None
    workers: Mapping[str, Worked] = attrs.field(factory=dict)
    retried: int = 0
    where: str = ""

    @property
    def pace(self) -> float:
        """Cells a second."""
        return self.done / max(self.seconds, 1e-9)

    @property
    def busy(self) -> float | None:
        """The share of the time, 0 to 1, in which the workers trained; None before any has."""
        if not self.workers or not self.seconds:
            return None
        worked = sum(each.seconds for each in self.workers.values())
        return min(worked / (self.seconds * len(self.workers)), 1.0)
