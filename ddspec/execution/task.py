"""A batch on its way through the workers, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs

from ddspec.plan.batch import Batch
from ddspec.training.record import Record
from ddspec.vocabulary.kinds import Dataset
from ddspec.vocabulary.pool import Pool

PoolOf = Callable[[Dataset, int], Pool]
Fit = Callable[[Batch, PoolOf, str], tuple[Record, ...]]


@attrs.frozen(eq=False)
class Task:
    """A batch to train. `failures`: times it raised; `deaths`: workers that died of it."""

    batch: Batch
    failures: int = 0
    deaths: int = 0


@attrs.frozen(eq=False)
class Answer:
    """What a worker says of a batch: its records, or the traceback of why there are none.

    `spoiled`: the worker's process is of no more use (its graphics card reports errors for good).
    `by`: the worker, `node-3:4711`; `seconds`: how long it took; `printed`: what the batch wrote to
    its standard output and error; `cause`: the kind of failure, `exception` or `oom`.
    """

    records: tuple[Record, ...] = ()
    error: str = ""
    by: str = ""
    seconds: float = 0.0
    printed: str = ""
    cause: str = ""
    spoiled: bool = False


@attrs.frozen(eq=False)
class Outcome:
    """The end of a task; `died`: its worker is gone, and `error` says how; the rest as `Answer`."""

    task: Task
    records: tuple[Record, ...] = ()
    error: str = ""
    by: str = ""
    seconds: float = 0.0
    printed: str = ""
    cause: str = ""
    died: bool = False


def outcome(task: Task, answer: Answer) -> Outcome:
    """What an answer makes of a task."""
    told = answer.by, answer.seconds, answer.printed, answer.cause
    return Outcome(task, answer.records, answer.error, *told)


class Crew(Protocol):
    """Workers that take tasks and give outcomes in the order of completion."""

    def pick(self, waiting: Sequence[Task]) -> Task | None:
        """The one of the waiting tasks to hand over now; None while nobody should have another."""

    def submit(self, task: Task) -> None:
        """Hand over the task that was picked."""

    def wait(self) -> list[Outcome]:
        """The outcomes that have come in; none when all that changed is who is free, and
        after a second in which nothing has, unless it trains itself.

        Tasks that a dead worker had not begun come back with neither records nor error.
        """


def last_line(error: str) -> str:
    """The line of a traceback that says what went wrong."""
    return (error.strip().splitlines() or ["no reason was given"])[-1].strip()
