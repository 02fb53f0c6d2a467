"""A crew of long-lived Ray actors, two batches in flight for each."""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final, Self

import attrs

import ddspec
from ddspec.errors import DdspecError
from ddspec.execution.balance import CALL, Load, Pace, choose, settle
from ddspec.execution.capacity import Share
from ddspec.execution.pools import Shelf
from ddspec.execution.ray_session import Pulse, quiet_ray
from ddspec.execution.task import Answer, Fit, Outcome, Task, last_line, outcome
from ddspec.execution.worker import Worker
from ddspec.training.data import Pools
from ddspec.vocabulary.pool import Pool

START_SECONDS: Final = 180.0  # for the first worker of a cluster that others use, too
LOOK_SECONDS: Final = 5.0  # between two looks at whether nodes have joined
BESIDE: Final = 20.0  # how many times slower a processor is than a card, until it is measured
STILLBIRTHS: Final = 3  # workers in a row that die before they can train
DIED: Final = "WorkerDied: the worker's process died while it trained these cells (out of memory?)"


class Actor:
    """What runs in a worker process: made once, then asked batch after batch."""

    def __init__(
        self,
        fit: Fit,
        shared: Mapping[Hashable, Any],
        folder: Path | None,
        device: str,
        on_a_card: int = 1,
    ) -> None:
        ray = quiet_ray()
        pools = Shelf(frozenset(shared), lambda key: ray.get(shared[key]), Pools(folder))
        self._worker = Worker(fit, pools, device)
        self._worker.prepare()
        if device != "cpu":
            keep_to_share(on_a_card)

    def greet(self) -> tuple[str, str]:
        """The version of ddspec that trains here, and what it trains on; it means being ready."""
        node = quiet_ray().get_runtime_context().get_node_id()
        return ddspec.__version__, f"{self._worker.device} of {node}"

    def answer(self, batch: Any) -> Answer:
        """The records of a batch, or why there are none."""
        written = io.StringIO()
        with redirect_stdout(written), redirect_stderr(written):
            answer = self._worker.answer(batch)
        return attrs.evolve(answer, printed=written.getvalue())


def keep_to_share(workers: int) -> None:
    """Take no more memory of a card than its part, where so many workers share it.

    What does not fit into its part is then this worker's want of memory, not its neighbor's.
    """
    import torch

    if workers > 1 and torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(1 / workers)


@attrs.define(eq=False)
class Member:
    """An actor and the tasks it was given, the one it works on first, since `begun`.

    kind: where it runs and on what, once it is ready: workers of a kind should be equally fast.
    """

    actor: Any
    greeting: Any
    share: Share
    pace: Pace
    kind: str = ""
    tasks: deque[tuple[Any, Task]] = attrs.field(factory=deque)
    begun: float = 0.0
    ready: bool = False

    @property
    def expected(self) -> Any:
        """The reference to what it says next; None while it is idle."""
        if not self.ready:
            return self.greeting
        return self.tasks[0][0] if self.tasks else None

    def load(self, pace: float, known: bool, now: float) -> Load:
        """What it has to do, at a moment of the monotonic clock."""
        seconds = tuple(estimated(task) for _, task in self.tasks)
        return Load(pace, seconds, now - self.begun if seconds else 0.0, known)


def estimated(task: Task) -> float:
    """Seconds that a task should take, its call included."""
    return task.batch.seconds + CALL


class RayCrew:
    """Actors on a connected Ray cluster; use it in a `with`, which ends them.

    An actor that dies is replaced. `shared` pools are put into Ray's object store once, from where
    each node fetches them once. more: gives the shares there should be for so many tasks, asked now
    and then, so that nodes that join are used; patience: seconds for the first worker.
    """

    def __init__(
        self,
        fit: Fit,
        shared: Mapping[Hashable, Pool],
        folder: Path | None,
        shares: Sequence[Share],
        *,
        more: Callable[[int], Sequence[Share]] | None = None,
        patience: float = START_SECONDS,
    ) -> None:
        self._ray = quiet_ray()
        stored = {key: self._ray.put(pool) for key, pool in shared.items()}
        self._arguments = (fit, stored, folder)
        self._more, self._patience = more, patience
        self._pulse = Pulse(self._ray)
        self._stillborn = 0
        self._since = self._looked = time.monotonic()  # when a worker was last ready; at the nodes
        self._chosen: Member | None = None
        self._mixed = len({share.device for share in shares}) > 1
        self._members = [self._hire(each) for each in shares for _ in range(each.workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for member in self._members:
            self._ray.kill(member.actor)

    def pick(self, waiting: Sequence[Task]) -> Task | None:
        """The task for a worker that is idle or, with many tasks left, soon will be."""
        self._grow(len(waiting))
        ready, now = self._ready(), time.monotonic()
        paces, kinds = [member.pace for member in ready], [member.kind for member in ready]
        known = {member.kind for member in ready if member.pace.known}
        loads = [
            member.load(pace, member.kind in known, now)
            for member, pace in zip(ready, settle(paces, kinds), strict=True)
        ]
        found = choose([estimated(task) for task in waiting], loads)
        if found is None:
            return None
        self._chosen = ready[found[1]]
        return waiting[found[0]]

    def submit(self, task: Task) -> None:
        """Hand the task to the worker it was picked for."""
        member = self._chosen
        assert member is not None
        if not member.tasks:
            member.begun = time.monotonic()
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

    def _hire(self, share: Share) -> Member:
        claims = share.bundle
        known = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
        options = {option: claims.pop(name, 0) for name, option in known.items()}
        more = {"label_selector": dict(share.labels)} if share.labels else {}
        kind = self._ray.remote(Actor).options(**options, resources=claims, **more)
        actor = kind.remote(*self._arguments, share.device, share.on_a_card)
        slow = BESIDE if self._mixed and share.device == "cpu" else 1.0
        return Member(actor, actor.greet.remote(), share, Pace(slow))

    def _grow(self, waiting: int) -> None:
        """Hire for what the cluster has got more of since it was last looked at."""
        if self._more is None or time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        if not self._pulse.answers():  # Ray would wait for it, without a word
            return
        busy = sum(len(member.tasks) for member in self._members)
        try:
            shares = self._more(waiting + busy)
        except DdspecError:  # it has lost nodes, and what is left is too small; others may join
            return
        for share in shares:
            have = sum(member.share.device == share.device for member in self._members)
            self._members += [self._hire(share) for _ in range(have, share.workers)]

    def _replace(self, member: Member) -> list[Outcome]:
        """A new actor for a useless one; the tasks that it had not begun come back."""
        self._ray.kill(member.actor)
        self._members[self._members.index(member)] = self._hire(member.share)
        return [Outcome(task) for _, task in member.tasks]

    def _greet(self, member: Member) -> list[Outcome]:
        """A worker is ready, or could not be started."""
        try:
            version, member.kind = self._ray.get(member.greeting)
        except self._ray.exceptions.RayError as error:
            self._pulse.confirm()
            self._stillborn += 1
            if self._stillborn >= STILLBIRTHS:
                raise DdspecError(
                    f"workers cannot be started: {last_line(str(error))}",
                    "every machine of the cluster needs this ddspec and its packages installed",
                    "without ddspec itself a machine can do: ship_code = true in a --profile",
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
        member.begun = time.monotonic()
        try:
            answer = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            return [Outcome(task, error=str(error))]
        except self._ray.exceptions.RayError as error:
            self._pulse.confirm()
            text = f"{error}\n\n{DIED}"
            return [Outcome(task, error=text, died=True), *self._replace(member)]
        found = outcome(task, answer)
        if answer.records:
            member.pace.learn(answer.seconds, estimated(task))
        return [found, *self._replace(member)] if answer.spoiled else [found]

    def _lose_patience(self) -> None:
        """Raise DdspecError when nobody has been ready for long: Ray itself waits for ever."""
        if self._ready():
            self._since = time.monotonic()
        elif time.monotonic() - self._since > self._patience:
            raise DdspecError(
                f"no worker could start within {self._patience:.0f} s",
                "see what holds the cluster's processors or cards: ray status",
            )
