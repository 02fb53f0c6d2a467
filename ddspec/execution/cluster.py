"""A crew of long-lived Ray actors, two batches in flight for each."""

from __future__ import annotations

import io
import math
import time
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final, Self

import attrs

import ddspec
from ddspec.errors import DdspecError
from ddspec.execution.pools import Shelf
from ddspec.execution.ray_session import Pulse, Resources, quiet_ray
from ddspec.execution.task import Answer, Fit, Outcome, Task, last_line, outcome
from ddspec.execution.worker import Worker
from ddspec.training.data import Pools
from ddspec.vocabulary.pool import Pool

IN_FLIGHT: Final = 2  # the second batch waits at the worker, so that it never waits for us
SHORT: Final = 20.0  # seconds: behind a longer batch none waits, another worker may be free sooner
START_SECONDS: Final = 180.0  # for the first worker of a cluster that others use, too
STILLBIRTHS: Final = 3  # workers in a row that die before they can train
DIED: Final = "WorkerDied: the worker's process died while it trained these cells (out of memory?)"


class Actor:
    """What runs in a worker process: made once, then asked batch after batch."""

    def __init__(
        self, fit: Fit, shared: Mapping[Hashable, Any], folder: Path | None, device: str
    ) -> None:
        ray = quiet_ray()
        pools = Shelf(frozenset(shared), lambda key: ray.get(shared[key]), Pools(folder))
        self._worker = Worker(fit, pools, device)
        self._worker.prepare()

    def version(self) -> str:
        """The version of ddspec that trains here; answering means being ready."""
        return ddspec.__version__

    def answer(self, batch: Any) -> Answer:
        """The records of a batch, or why there are none."""
        written = io.StringIO()
        with redirect_stdout(written), redirect_stderr(written):
            answer = self._worker.answer(batch)
        return attrs.evolve(answer, printed=written.getvalue())


@attrs.define(eq=False)
class Member:
    """An actor and the tasks it was given, the one it works on first."""

    actor: Any
    greeting: Any
    tasks: deque[tuple[Any, Task]] = attrs.field(factory=deque)
    ready: bool = False

    @property
    def expected(self) -> Any:
        """The reference to what it says next; None while it is idle."""
        if not self.ready:
            return self.greeting
        return self.tasks[0][0] if self.tasks else None

    @property
    def seconds(self) -> float:
        """What its tasks should take."""
        return sum(task.batch.seconds for _, task in self.tasks)

    @property
    def soon_idle(self) -> bool:
        """True when a second task should wait here, lest the worker waits for us."""
        return len(self.tasks) < IN_FLIGHT and self.seconds <= SHORT


@attrs.define(eq=False)
class Share:
    """What every worker claims of the cluster, and how many of them fit."""

    workers: int
    gpus: float = 0.0

    @property
    def device(self) -> str:
        """The torch device workers train on."""
        return "cuda" if self.gpus else "cpu"


def divide(have: Resources, workers: int | None, batches: int) -> Share:
    """As many workers as there are processors or, where there are any, graphics cards.

    More workers than cards share them, a whole number on each. Raises DdspecError when the
    cluster cannot hold the workers that are asked for: Ray would wait for ever without a word.
    """
    if have.cpus < 1:
        raise DdspecError("the Ray cluster has no processor to train on")
    if workers is not None and workers > have.cpus:
        raise DdspecError(
            f"{workers} workers need {workers} processors and the Ray cluster has {have.cpus}",
            f"ask for fewer: --workers {have.cpus}",
        )
    if not have.gpus:
        return Share(max(min(workers or have.cpus, batches), 1))
    count = max(min(workers or have.gpus, batches), 1)
    return Share(count, 1 / math.ceil(count / have.gpus))


class RayCrew:
    """Actors on a connected Ray cluster; use it in a `with`, which ends them.

    An actor that dies is replaced. `shared` pools are put into Ray's object store once.
    """

    def __init__(
        self, fit: Fit, shared: Mapping[Hashable, Pool], folder: Path | None, share: Share
    ) -> None:
        self._ray = quiet_ray()
        self._kind = self._ray.remote(Actor).options(num_cpus=1, num_gpus=share.gpus)
        stored = {key: self._ray.put(pool) for key, pool in shared.items()}
        self._arguments = (fit, stored, folder, share.device)
        self._pulse = Pulse(self._ray)
        self._stillborn = 0
        self._since = time.monotonic()  # when a worker was last ready
        self._members = [self._hire() for _ in range(share.workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for member in self._members:
            self._ray.kill(member.actor)

    def pick(self, waiting: Sequence[Task]) -> Task | None:
        """The first while a worker is idle or, with many tasks left, has only a short one to do."""
        many = len(waiting) > len(self._members)
        free = any(not m.tasks or (many and m.soon_idle) for m in self._ready())
        return waiting[0] if free else None

    def submit(self, task: Task) -> None:
        """Hand the task to the worker with the least to do."""
        member = min(self._ready(), key=lambda member: (len(member.tasks), member.seconds))
        member.tasks.append((member.actor.answer.remote(task.batch), task))

    def wait(self) -> list[Outcome]:
        """The outcomes that have come in; none when a worker has become ready instead, or after a
        second in which nothing has.

        Raises DdspecError when no worker can be started, ClusterLostError when the cluster is gone.
        """
        expected = {m.expected: m for m in self._members if m.expected is not None}
        done, _ = self._ray.wait(list(expected), num_returns=1, timeout=1.0)
        for member in (expected[reference] for reference in done):
            return self._collect(member) if member.ready else self._greet(member)
        self._pulse.check()
        self._lose_patience()
        return []

    def _ready(self) -> list[Member]:
        return [member for member in self._members if member.ready]

    def _hire(self) -> Member:
        actor = self._kind.remote(*self._arguments)
        return Member(actor, actor.version.remote())

    def _replace(self, member: Member) -> list[Outcome]:
        """A new actor for a useless one; the tasks that it had not begun come back."""
        self._ray.kill(member.actor)
        self._members[self._members.index(member)] = self._hire()
        return [Outcome(task) for _, task in member.tasks]

    def _greet(self, member: Member) -> list[Outcome]:
        """A worker is ready, or could not be started."""
        try:
            version = self._ray.get(member.greeting)
        except self._ray.exceptions.RayError as error:
            self._pulse.check()
            self._stillborn += 1
            if self._stillborn >= STILLBIRTHS:
                raise DdspecError(
                    f"workers cannot be started: {last_line(str(error))}",
                    "every machine of the cluster needs this ddspec and its packages installed",
                    "train without Ray to see more: --local",
                ) from error
            return self._replace(member)
        if version != ddspec.__version__:
            raise DdspecError(
                f"the cluster's machines have ddspec {version}, this is {ddspec.__version__}",
                "install the same version everywhere",
            )
        self._stillborn = 0
        member.ready = True
        return []

    def _collect(self, member: Member) -> list[Outcome]:
        """The outcome of the task that a worker was at, and tasks that it left behind."""
        reference, task = member.tasks.popleft()
        try:
            answer = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            return [Outcome(task, error=str(error))]
        except self._ray.exceptions.RayError as error:
            self._pulse.check()
            text = f"{error}\n\n{DIED}"
            return [Outcome(task, error=text, died=True), *self._replace(member)]
        found = outcome(task, answer)
        return [found, *self._replace(member)] if answer.spoiled else [found]

    def _lose_patience(self) -> None:
        """Raise DdspecError when nobody has been ready for long: Ray itself waits for ever."""
        if self._ready():
            self._since = time.monotonic()
        elif time.monotonic() - self._since > START_SECONDS:
            raise DdspecError(
                f"no worker could start within {START_SECONDS:.0f} s",
                "see what holds the cluster's processors or cards: ray status",
            )
