"""A crew of one: the calling process trains, without Ray."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import attrs

from ddspec.execution.ending import Ending, GraceOverError
from ddspec.execution.task import Outcome, Task, outcome
from ddspec.execution.worker import Worker


@attrs.define(eq=False)
class LocalCrew:
    """Trains a task when its outcome is waited for, as long as `ending` lets it."""

    worker: Worker
    ending: Ending = attrs.field(factory=Ending)
    _tasks: deque[Task] = attrs.field(factory=deque, init=False)

    def pick(self, waiting: Sequence[Task]) -> Task | None:
        """The first, one task at a time, however many are waiting."""
        return waiting[0] if waiting and not self._tasks else None

    def submit(self, task: Task) -> None:
        """Keep the task for `wait`."""
        self._tasks.append(task)

    def wait(self) -> list[Outcome]:
        """Train the task that was submitted; none when the time to finish it is over."""
        task = self._tasks.popleft()
        try:
            with self.ending.alone():
                answer = self.worker.answer(task.batch)
        except GraceOverError:
            return []
        return [outcome(task, answer)]
