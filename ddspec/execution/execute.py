"""Batches to events: train them on a Ray cluster or in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence

from ddspec.execution.dispatch import Agenda, agenda_of, dispatch
from ddspec.execution.ending import Ending
from ddspec.execution.events import Event, Noted, Started
from ddspec.execution.keeping import keeper_of, with_keeper
from ddspec.execution.local import LocalCrew
from ddspec.execution.options import Options
from ddspec.execution.pools import load_shared, shelf
from ddspec.execution.task import Fit
from ddspec.execution.worker import Worker, train
from ddspec.plan.batch import Batch
from ddspec.training.checkpoint import Keeper
from ddspec.vocabulary.pool import Pool

Cut = Callable[[Sequence[Batch], str, int], Sequence[Batch]]
NEW_CLUSTERS = 2  # started in a row for clusters that die before a cell is finished


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
    ending: Ending | None = None,
    keeper: Keeper | None = None,
) -> Generator[Event, None, None]:
    """Train batches; every cell of them ends in exactly one `Finished`.

    cut: the batches to hand out, in that order, once it is known on which device (`cpu`, `cuda`)
    and by how many workers. Which worker trains what, in which order and in whose company changes
    no record. ending: asked between batches whether to end early. keeper: keeps checkpoints on this
    machine, where `fit` can make any.
    Close the iterator (`contextlib.closing`) to stop early: no process stays behind.
    Raises DdspecError when data are missing or the cluster cannot be used. A cluster that was
    started here and dies is replaced by a new one.
    """
    if not batches:
        return
    ending = Ending() if ending is None else ending
    shared = load_shared(batches, options.data)
    if options.local:
        yield Started(1, "this process")
        fit = with_keeper(fit, keeper, options)
        crew = LocalCrew(Worker(fit, shelf(shared, options.data)), ending)
        yield from dispatch(agenda_of(cut(batches, "cpu", 1)), crew, options.retries, ending)
        return
    from ddspec.execution.ray_session import ClusterLostError

    agenda, idle = Agenda(deque()), 0
    while True:
        before = agenda.ended
        try:
            yield from _on_ray(batches, options, agenda, cut, fit, shared, ending, keeper)
        except ClusterLostError as lost:
            idle = 0 if agenda.ended > before else idle + 1
            if ending.asked:  # who ends us may have ended the cluster, too
                return
            if not lost.ours or idle > NEW_CLUSTERS:
                raise
            agenda.take_back()
            yield Noted(f"{lost}: starting another, finished cells are kept")
        else:
            return


def _on_ray(
    batches: Sequence[Batch],
    options: Options,
    agenda: Agenda,
    cut: Cut,
    fit: Fit,
    shared: Mapping[Hashable, Pool],
    ending: Ending,
    home: Keeper | None,
) -> Iterator[Event]:
    """Train the batches, or what an agenda has left of them, on a cluster."""
    from ddspec.execution.hiring import divided, for_both, hired, noted, processors  # loads Ray
    from ddspec.execution.ray_session import session
    from ddspec.execution.shipping import environment_of

    environment = environment_of(options.profile, options.data)
    with session(options.address, processors(options), environment) as have:
        ending.listen_again()  # Ray has taken SIGTERM for itself
        size = options.profile.gpus_per_cell
        share, *beside = divided(have, options, sum(map(len, batches)))
        if agenda.empty:
            tasks = cut(batches, share.device, share.workers // size)
            tasks = for_both(tasks, cut(batches, "cpu", share.workers)) if beside else tasks
            agenda.waiting.extend(agenda_of(tasks).waiting)
        shares = divided(have, options, len(agenda.waiting))
        yield Started(sum(share.workers for share in shares) // size, have.where)
        yield from noted(have, shares)
        with keeper_of(home, options, have) as (keeper, told):
            yield from told
            with hired(with_keeper(fit, keeper, options), shared, options, shares) as crew:
                yield from dispatch(agenda, crew, options.retries, ending)
