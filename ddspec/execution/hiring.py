"""Shares to a crew: who is asked for, what is said of it, and who trains on what."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import attrs

from ddspec.execution.capacity import Resources, Share, divide
from ddspec.execution.carrying import with_words
from ddspec.execution.cluster import START_SECONDS, RayCrew
from ddspec.execution.events import Noted
from ddspec.execution.options import Options
from ddspec.execution.parallel import SharedCrew, teams
from ddspec.execution.ray_session import quiet_ray, resources, unused
from ddspec.execution.scaling import requested
from ddspec.execution.task import Crew, Fit
from ddspec.plan.batch import Batch
from ddspec.vocabulary.pool import Pool

SCALE_SECONDS: Final = 1200.0  # for the first node that an autoscaler starts


def divided(have: Resources, options: Options, batches: int) -> tuple[Share, ...]:
    """The workers for so many batches: `divide`, or `teams` where several train a cell."""
    several = options.profile.gpus_per_cell > 1
    return (teams if several else divide)(have, options, batches)


@contextmanager
def hired(
    fit: Fit, shared: Mapping[Hashable, Pool], options: Options, shares: Sequence[Share]
) -> Iterator[Crew]:
    """The crew of some shares, on the connected cluster, for the time of a `with`."""
    grows = options.workers is None and not options.profile.autoscale
    more = (lambda tasks: divide(resources(quiet_ray()), options, tasks)) if grows else None
    fit = with_words(fit)
    with ExitStack() as stack:
        patience = START_SECONDS
        if options.profile.autoscale:
            stack.enter_context(requested(shares))
            patience = SCALE_SECONDS
        if (size := options.profile.gpus_per_cell) > 1:
            yield stack.enter_context(SharedCrew(fit, shared, options.data, shares[0], size))
            return
        crew = RayCrew(fit, shared, options.data, shares, more=more, patience=patience)
        yield stack.enter_context(crew)


def processors(options: Options) -> int | None:
    """Processors for a cluster that is started here; None: all there are."""
    if options.workers is None:
        return None
    profile = options.profile
    return (options.workers + profile.cpu_workers) * profile.cpus_per_worker


def noted(have: Resources, shares: Sequence[Share]) -> Iterator[Noted]:
    """What to know of the start: workers for whom there is no room yet, or none just now."""
    for share in shares:
        room = share.of(have.nodes)
        if room < share.workers:
            yield Noted(
                f"an autoscaler is asked for {share.workers} workers of {share};"
                f" the cluster has room for {room} so far"
            )
            return
        free = share.of(unused(quiet_ray()).nodes)
        if free < share.workers:
            time.sleep(1.0)  # a crew that has just ended is not yet counted as gone
            free = share.of(unused(quiet_ray()).nodes)
        if free < share.workers:
            yield Noted(
                f"{free} of {share.workers} workers have room now, the others wait until what"
                " they need is no longer in use: ray status"
            )


def for_both(batches: Sequence[Batch], on_processors: Sequence[Batch]) -> list[Batch]:
    """Batches cut for cards, which take the native step where a processor has them that can.

    on_processors: the same cells, cut for processors.
    """
    native = {
        cell.id for batch in on_processors if batch.ways[0] == "native" for cell in batch.cells
    }
    return [
        attrs.evolve(batch, ways=("native", *batch.ways)) if batch.cells[0].id in native else batch
        for batch in batches
    ]
