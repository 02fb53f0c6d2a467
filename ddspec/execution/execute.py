"""Batches to events: train them on a Ray cluster or in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from ddspec.execution.dispatch import dispatch
from ddspec.execution.events import Event, Started
from ddspec.execution.local import LocalCrew
from ddspec.execution.pools import load_shared, shelf
from ddspec.execution.task import Fit
from ddspec.execution.worker import Worker, train
from ddspec.plan.batch import Batch

Cut = Callable[[Sequence[Batch], str, int], Sequence[Batch]]


def as_given(batches: Sequence[Batch], device: str, workers: int) -> Sequence[Batch]:
    """The batches themselves, whoever trains them."""
    del device, workers
    return batches


def execute(
    batches: Sequence[Batch],
    *,
    cut: Cut = as_given,
    folder: Path | None = None,
    local: bool = False,
    address: str | None = None,
    workers: int | None = None,
    retries: int = 1,
    fit: Fit = train,
) -> Generator[Event, None, None]:
    """Train batches; every cell of them ends in exactly one `Finished`.

    cut: the batches to hand out, in that order, once it is known on which device (`cpu`, `cuda`)
    and by how many workers. folder: where real data sets lie. local: in this process, without Ray.
    address: a Ray cluster to join, by default one is started here. workers: how many train at once,
    by default as many as the cluster has processors or, if it has any, graphics cards. retries: how
    often a failing cell is tried again before it is recorded as failed. Which worker trains what,
    in which order and in whose company changes no record.
    Close the iterator (`contextlib.closing`) to stop early: no process stays behind.
    Raises DdspecError when data are missing or the cluster cannot be used.
    """
    if not batches:
        return
    shared = load_shared(batches, folder)
    if local:
        yield Started(1, "this process")
        crew = LocalCrew(Worker(fit, shelf(shared, folder)))
        yield from dispatch(cut(batches, "cpu", 1), crew, retries)
        return
    from ddspec.execution.cluster import RayCrew, divide  # loads Ray when it is wanted
    from ddspec.execution.ray_session import session

    with session(address, workers) as have:
        share = divide(have, workers, sum(map(len, batches)))
        tasks = cut(batches, share.device, share.workers)
        share = divide(have, workers, len(tasks))
        yield Started(share.workers, "this machine" if have.nodes == 1 else f"{have.nodes} nodes")
        with RayCrew(fit, shared, folder, share) as crew_of_ray:
            yield from dispatch(tasks, crew_of_ray, retries)
