"""Who gets which task: workers of unequal speed should be done together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

CALL: Final = 0.02  # seconds a task takes besides its cells
KEPT: Final = 0.7  # of what was learned of a worker's speed, when it has done one more task
SHORT: Final = 20.0  # seconds: behind a longer task none waits, another worker may be free sooner
IN_FLIGHT: Final = 2  # the second task waits at the worker, so that it never waits for us


@attrs.define
class Pace:
    """Seconds a worker takes for a second that was estimated, a moving average.

    expected: what is supposed as long as nothing has been measured.
    """

    expected: float = 1.0
    took: float = 0.0
    estimated: float = 0.0

    @property
    def known(self) -> bool:
        """True once something has been measured."""
        return self.estimated > 0

    @property
    def value(self) -> float:
        """Seconds per estimated second."""
        return self.took / self.estimated if self.known else self.expected

    def learn(self, seconds: float, estimated: float) -> None:
        """Note how long a task took that was estimated to take so long."""
        if seconds > 0 and estimated > 0:
            self.took = KEPT * self.took + seconds + CALL
            self.estimated = KEPT * self.estimated + estimated


@attrs.frozen
class Load:
    """What a worker has to do. tasks: their estimated seconds, the one it works on first; begun:
    seconds that it has worked on that one; known: whether its pace, or that of its like, has been
    measured.
    """

    pace: float
    tasks: tuple[float, ...] = ()
    begun: float = 0.0
    known: bool = True

    @property
    def left(self) -> float:
        """Seconds until it is idle. A task that has taken longer than expected by some time is
        expected to take as long again.
        """
        if not self.tasks:
            return 0.0
        first = self.pace * self.tasks[0] - self.begun
        return abs(first) + self.pace * sum(self.tasks[1:])

    def end(self, seconds: float) -> float:
        """Seconds until it were done with one more task, estimated to take so long."""
        return self.left + self.pace * seconds


def settle(paces: Sequence[Pace], kinds: Sequence[str]) -> tuple[float, ...]:
    """The pace of each worker; of one that has done nothing yet, that of others of its kind.

    kinds: what the workers are, one word each. A kind of which nothing is known is to those that
    are known as it was expected to be.
    """
    known: dict[str, list[float]] = {}
    ratios = []
    for pace, kind in zip(paces, kinds, strict=True):
        if pace.known:
            known.setdefault(kind, []).append(pace.value)
            ratios.append(pace.value / pace.expected)
    wrong = _mean(ratios) if ratios else 1.0
    return tuple(
        pace.value
        if pace.known
        else (_mean(known[kind]) if kind in known else pace.expected * wrong)
        for pace, kind in zip(paces, kinds, strict=True)
    )


def choose(waiting: Sequence[float], loads: Sequence[Load]) -> tuple[int, int] | None:
    """The places of a waiting task and of the worker that should have it now, or None.

    waiting: estimated seconds of the tasks, longest first. Were all tasks given out now, each to
    the worker that would be done with it first, a free worker begins with the one that is chosen;
    so slow ones get short tasks, and none at the end that a fast one ends sooner. One of unknown
    speed shows it at the shortest task, while there are many. None when no free worker would get
    any: one who is at work will be done with the rest sooner.
    """
    if not waiting:
        return None
    many = len(waiting) > len(loads)
    free = [n for n, load in enumerate(loads) if _free(load, many=many)]
    if not free:
        return None
    firsts = _firsts(waiting, loads, free)
    for worker in sorted(free, key=lambda n: (len(loads[n].tasks), loads[n].pace)):
        if many and not loads[worker].known:
            return len(waiting) - 1, worker
        if worker in firsts:
            return firsts[worker], worker
    return None


def _firsts(
    waiting: Sequence[float], loads: Sequence[Load], asked: Sequence[int]
) -> dict[int, int]:
    """The first task of workers when each goes to the one who would be done with it first; those
    `asked` are all there that would get any.
    """
    missing = set(asked)
    ends = [load.left for load in loads]
    firsts: dict[int, int] = {}
    for place, seconds in enumerate(waiting):
        worker = min(range(len(loads)), key=lambda n: ends[n] + loads[n].pace * seconds)
        ends[worker] += loads[worker].pace * seconds
        if worker not in firsts:
            firsts[worker] = place
            missing.discard(worker)
        if not missing:
            break
    return firsts


def _free(load: Load, *, many: bool) -> bool:
    """True for an idle worker, and for one with a short task, lest it waits for us."""
    if not load.tasks:
        return True
    return many and load.known and len(load.tasks) < IN_FLIGHT and load.left <= SHORT


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
