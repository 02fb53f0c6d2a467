"""A crew of teams: the cards of a team train a batch together, by Ray Train."""

from __future__ import annotations

import io
import os
import platform
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Self

import attrs

from ddspec.errors import DdspecError
from ddspec.execution.capacity import Resources, Share, described, divide
from ddspec.execution.cluster import DIED
from ddspec.execution.options import Options
from ddspec.execution.pools import Shelf
from ddspec.execution.ray_session import Pulse, quiet_ray
from ddspec.execution.task import Answer, Fit, Outcome, Task, last_line, outcome
from ddspec.execution.worker import Worker, device_name
from ddspec.plan.batch import Batch
from ddspec.training.data import Pools
from ddspec.vocabulary.pool import Pool

NEEDED: Final = ("pyarrow", "pydantic")  # by Ray Train, beside what Ray itself needs
# Traits of what one card does alone: what is solved or fitted, and graphs, every node of which
# passes through the network whatever the minibatch is.
ALONE: Final = frozenset({"closed_form", "estimator", "graph"})
# Read by Ray Train: look twice a second, write no logs of its own, stay in the folder we are in.
SETTINGS: Final = {
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
}
STARTS: Final = 3  # tries to find room for a team, a minute each
# What torch says where it can no longer reach a peer; a process's own failure reads otherwise.
ORPHANED: Final = ("gloo", "nccl", "distbackenderror", "connection closed", "connection reset")


def teams(have: Resources, options: Options, batches: int) -> tuple[Share, ...]:
    """The workers of all teams for so many batches: whole cards or, without any, processors.

    Raises DdspecError when the cluster has no room for one team, for settings that make no sense of
    teams, and when Ray Train is not installed.
    """
    profile, size = options.profile, options.profile.gpus_per_cell
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise DdspecError(
            f"cells on {size} cards are trained by Ray Train, which needs {' and '.join(missing)}",
            "install them on every machine: pip install 'ddspec[train]'",
        )
    if profile.gpus_per_worker not in (None, 1.0) or profile.cpu_workers:
        raise DdspecError(
            f"cells on {size} cards take whole cards and nothing else",
            "leave gpus_per_worker and cpu_workers out of the profile, or gpus_per_cell",
        )
    whole = attrs.evolve(profile, gpus_per_worker=1.0) if have.gpus else profile
    (share,) = divide(have, attrs.evolve(options, profile=whole), batches * size)
    if share.workers < size:
        asked = f", and --workers is {options.workers}" if options.workers else ""
        raise DdspecError(
            f"a cell takes {size} workers at once{asked}; there is room for {share.workers}",
            *map(described, have.nodes),
            "ask for fewer in the profile: gpus_per_cell",
        )
    return (attrs.evolve(share, workers=share.workers // size * size),)


@attrs.frozen(eq=False)
class Order:
    """What every process of a team gets; shared: pools in Ray's object store."""

    fit: Fit  # before the batch, since it may bring the words that a batch is made of
    batch: Batch
    shared: Mapping[Hashable, Any]
    folder: Path | None
    cards: bool


@attrs.frozen
class Verdict:
    """What a team says of a batch; died: one of its processes did; unable: why it never began."""

    answer: Answer
    died: bool = False
    unable: str = ""


class RankError(Exception):
    """A batch has failed in one process of a team: `text` is the traceback, `cause` the kind."""

    def __init__(self, text: str, cause: str) -> None:
        super().__init__(text, cause)
        self.text, self.cause = text, cause

    def __str__(self) -> str:
        return self.text


def work(given: Mapping[str, Order]) -> Answer | None:
    """What each process of a team does; the first gives the answer. Raises RankError."""
    from ray.train.torch import get_device

    from ddspec.training.shared import Group

    ray, order, group = quiet_ray(), given["order"], Group.here()
    pools = Shelf(
        frozenset(order.shared), lambda key: ray.get(order.shared[key]), Pools(order.folder)
    )
    device = str(get_device()) if order.cards else "cpu"
    fit: Any = partial(order.fit, group=group) if group.size > 1 else order.fit  # type: ignore[call-arg]
    written = io.StringIO()
    with redirect_stdout(written), redirect_stderr(written):
        name = _name(device, group.asked((device_name(device), platform.node())))
        answer = Worker(fit, pools, device).answer(order.batch)
    if answer.error:
        raise RankError(answer.error, answer.cause)
    records = tuple(attrs.evolve(record, worker=name) for record in answer.records)
    done = attrs.evolve(answer, records=records, printed=written.getvalue())
    return done if group.rank == 0 else None


def _name(device: str, told: Sequence[tuple[str, str]]) -> str:
    """Who trains: `4 x NVIDIA H200 on node-3`. Raises RankError for cards of several makes, since
    they round otherwise, and may then disagree on when a cell is over.
    """
    makes = sorted({make for make, _ in told})
    if len(makes) > 1:
        kind = "cards" if device != "cpu" else "processors"
        text = f"the {kind} that train a cell together must be of one make: {', '.join(makes)}"
        raise RankError(f"DdspecError: {text} (labels in the profile choose nodes)", "exception")
    nodes = ", ".join(dict.fromkeys(node for _, node in told))
    return f"{len(told)} x {makes[0]} on {nodes}"


class Foreman:
    """Runs in a process of its own, which has team after team trained, and waits for them."""

    def __init__(
        self,
        fit: Fit,
        shared: Mapping[Hashable, Any],
        folder: Path | None,
        share: Share,
        size: int,
    ) -> None:
        os.environ.update({name: os.environ.get(name, value) for name, value in SETTINGS.items()})
        self._share, self._size = share, size
        self._order = partial(Order, fit=fit, shared=shared, folder=folder, cards=bool(share.gpus))

    def answer(self, batch: Any) -> Verdict:
        """What comes of a batch."""
        cell = batch.cells[0]
        alone = (cell.train.traits | cell.architecture.traits) & ALONE
        return self._train(batch, 1 if alone else self._size)

    def _train(self, batch: Batch, size: int) -> Verdict:
        from ray.train import ControllerError, TrainingFailedError, WorkerGroupError

        trainer = self._trainer(batch, size)
        try:
            with ThreadPoolExecutor(1) as thread:  # the main one would get a handler of signals
                answer: Answer = thread.submit(trainer.fit).result().return_value
        except WorkerGroupError as error:
            return _failed(error.worker_failures)
        except ControllerError as error:
            if _is_death(error.controller_failure):
                return _failed({0: error.controller_failure})
            return Verdict(Answer(), unable=last_line(str(error)))
        except TrainingFailedError as error:
            return Verdict(Answer(), unable=last_line(str(error)))
        return Verdict(answer)

    def _trainer(self, batch: Batch, size: int) -> Any:
        import pyarrow.fs as filesystems
        from fsspec.implementations.memory import MemoryFileSystem
        from ray import train
        from ray.train.torch import TorchTrainer

        # what Ray Train writes of a run is of no use: it goes to this process's memory
        nowhere = filesystems.PyFileSystem(filesystems.FSSpecHandler(MemoryFileSystem()))
        known: Any = train  # by its own account; to a type checker it is what it was before 2.51
        labels = dict(self._share.labels) or None
        return TorchTrainer(
            work,  # type: ignore[arg-type]  # it returns something, too
            train_loop_config={"order": self._order(batch=batch)},
            scaling_config=known.ScalingConfig(
                num_workers=size,
                use_gpu=bool(self._share.gpus),
                resources_per_worker=self._share.bundle,
                label_selector=labels,
            ),
            run_config=known.RunConfig(
                name="ddspec",
                storage_path="ddspec",
                storage_filesystem=nowhere,
                failure_config=known.FailureConfig(  # a crew's tasks are tried again by dispatch
                    max_failures=0, max_preemption_failures=0, controller_failure_limit=STARTS
                ),
            ),
        )


def _failed(failures: Mapping[int, BaseException]) -> Verdict:
    """The verdict on a batch from what went wrong in each process: the first cause, not what the
    others made of it.
    """
    found = [getattr(each, "health_check_failure", each) for each in failures.values()]
    own = [each for each in found if not (_is_death(each) or _is_orphaned(each))]
    told = [each for each in own if isinstance(each, RankError)]
    for each in sorted(told, key=lambda error: error.cause != "oom"):
        return Verdict(Answer((), each.text, cause=each.cause))
    text = "\n\n".join(map(str, own or found))
    if own:
        return Verdict(Answer((), text, cause="exception"))
    return Verdict(Answer((), f"{text}\n\n{DIED}"), died=True)


def _is_orphaned(error: BaseException) -> bool:
    """Whether it is of a process that waits for one that is gone."""
    if isinstance(error, RankError) and error.cause == "oom":
        return False
    last = last_line(str(error)).lower()
    return any(words in last for words in ORPHANED)


def _is_death(error: BaseException) -> bool:
    """Whether it is of a process that has died or does not answer."""
    silent = type(error).__name__ == "WorkerHealthCheckTimeoutError"
    return silent or isinstance(error, quiet_ray().exceptions.RayActorError)


@attrs.define(eq=False)
class Team:
    """A foreman and the task it was given, with the reference to what comes of it."""

    foreman: Any
    task: Task | None = None
    expected: Any = None


class SharedCrew:
    """Teams of cards on a connected Ray cluster; use it in a `with`, which ends them.

    share: what the workers of all teams claim. A team whose training fails is replaced, with all
    its processes. Cells that are solved or fitted are left to one worker of a team.
    """

    def __init__(
        self,
        fit: Fit,
        shared: Mapping[Hashable, Pool],
        folder: Path | None,
        share: Share,
        size: int,
    ) -> None:
        self._ray = quiet_ray()
        stored = {key: self._ray.put(pool) for key, pool in shared.items()}
        self._arguments = (fit, stored, folder, share, size)
        self._pulse = Pulse(self._ray)
        self._teams = [Team(self._foreman()) for _ in range(share.workers // size)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for team in self._teams:
            self._ray.kill(team.foreman)

    def pick(self, waiting: Sequence[Task]) -> Task | None:
        """The longest task, when a team is idle."""
        if all(team.task is not None for team in self._teams):
            return None
        return max(waiting, key=lambda task: task.batch.seconds, default=None)

    def submit(self, task: Task) -> None:
        """Hand the task to an idle team."""
        team = next(team for team in self._teams if team.task is None)
        team.task, team.expected = task, team.foreman.answer.remote(task.batch)

    def wait(self) -> list[Outcome]:
        """The outcome that has come in; none after a second in which nothing has.

        Raises DdspecError when no team can begin, ClusterLostError when the cluster is gone.
        """
        busy = {team.expected: team for team in self._teams if team.task is not None}
        done, _ = self._ray.wait(list(busy), num_returns=1, timeout=1.0)
        self._pulse.check()
        return [self._collect(busy[reference]) for reference in done]

    def _collect(self, team: Team) -> Outcome:
        task, reference = team.task, team.expected
        assert task is not None
        team.task = team.expected = None
        try:
            verdict: Verdict = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            verdict = Verdict(Answer(), unable=last_line(str(error)))
        except self._ray.exceptions.RayError as error:
            self._pulse.check()
            verdict = Verdict(Answer((), f"{error}\n\n{DIED}"), died=True)
        if not verdict.answer.records:  # what is left of its processes is of no use
            self._ray.kill(team.foreman)
            team.foreman = self._foreman()
        self._check(verdict)
        return attrs.evolve(outcome(task, verdict.answer), died=verdict.died)

    def _check(self, verdict: Verdict) -> None:
        if verdict.unable:
            raise DdspecError(
                f"Ray Train cannot start the workers of a cell: {verdict.unable}",
                "every machine needs this ddspec and its packages: pip install 'ddspec[train]'",
                "see what holds the cluster's cards: ray status",
            )

    def _foreman(self) -> Any:
        kind = self._ray.remote(Foreman).options(num_cpus=0)
        return kind.remote(*self._arguments)
