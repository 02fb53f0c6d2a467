"""Batches to events: train them on a Ray cluster or in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from ddspec.execution.dispatch import dispatch
from ddspec.execution.events import Event, Started
from ddspec.execution.local import LocalCrew
from ddspec.execution.options import Options
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
    options: Options = Options(),  # noqa: B008 - frozen
    *,
    cut: Cut = as_given,
    fit: Fit = train,
) -> Generator[Event, None, None]:
    """Train batches; every cell of them ends in exactly one `Finished`.

    cut: the batches to hand out, in that order, once it is known on which device (`cpu`, `cuda`)
    and by how many workers. Which worker trains what, in which order and in whose company changes
    no record.
    Close the iterator (`contextlib.closing`) to stop early: no process stays behind.
    Raises DdspecError when data are missing or the cluster cannot be used.
    """
    if not batches:
        return
    shared = load_shared(batches, options.data)
    if options.local:
        yield Started(1, "this process")
        crew = LocalCrew(Worker(fit, shelf(shared, options.data)))
        yield from dispatch(cut(batches, "cpu", 1), crew, options.retries)
        return
    from ddspec.execution.cluster import RayCrew, divide  # loads Ray when it is wanted
    from ddspec.execution.ray_session import session

    with session(options.address, options.workers) as have:
        share = divide(have, options.workers, sum(map(len, batches)))
        tasks = cut(batches, share.device, share.workers)
        share = divide(have, options.workers, len(tasks))
        yield Started(share.workers, "this machine" if have.nodes == 1 else f"{have.nodes} nodes")
        with RayCrew(fit, shared, options.data, share) as crew_of_ray:
            yield from dispatch(tasks, crew_of_ray, options.retries)
