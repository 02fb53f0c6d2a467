"""Events to the store: commit what finishes, wait for a store that is away, refresh datasets."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from ddspec.errors import DdspecError

if TYPE_CHECKING:
    from ddspec.execution.ending import Ending
    from ddspec.execution.events import Event, Finished
    from ddspec.results.held import Origin
    from ddspec.results.store import Store
    from ddspec.training.record import Record

REFRESH_SECONDS = 60.0  # at least, between two replacements of the datasets
REFRESH_SHARE = 0.02  # at most, of the time of a run
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 15.0  # seconds between two tries to write

Tell = Callable[["Event"], object]
About = Callable[["Sequence[Record]"], "Mapping[str, Origin]"]


def unknown(records: Sequence[Record]) -> Mapping[str, Origin]:
    """Nothing is said of where readings come from."""
    del records
    return {}


def keep(
    events: Generator[Event, None, None],
    store: Store,
    refresh: Callable[[], object],
    tell: Sequence[Tell],
    ending: Ending,
    patience: float,
    about: About = unknown,
) -> int:
    """Commit the records of every event, refresh the datasets now and then; how many came.

    about: tells of records where their readings come from. Failed cells are counted by `ending`.
    A store that cannot be written is tried for `patience` seconds, as `write` has it; datasets that
    cannot be written are tried again at their next turn.
    Raises DdspecError when the store cannot be written.
    """
    from ddspec.execution.events import Finished

    trained, due = 0, time.monotonic() + REFRESH_SECONDS
    with closing(events):
        for event in events:
            if isinstance(event, Finished):
                write(event, store, tell, ending, patience, about)
                trained += len(event.records)
                ending.count(sum(record.status == "failed" for record in event.records))
            _say(event, tell)
            if (began := time.monotonic()) > due:
                _try(refresh, tell)
                took = time.monotonic() - began
                due = began + took + max(REFRESH_SECONDS, took / REFRESH_SHARE)
    return trained


def write(
    event: Finished,
    store: Store,
    tell: Sequence[Tell],
    ending: Ending,
    patience: float,
    about: About = unknown,
) -> None:
    """Commit records; where the file system is away for a while, try again for `patience` seconds.

    Raises DdspecError when that is over, when the end of the run is due, and at once for what will
    not pass by itself: a full disk, a damaged file.
    """
    from ddspec.execution.events import Noted
    from ddspec.results.schema import AwayError

    until, pause = time.monotonic() + patience, FIRST_PAUSE
    records, told = event.records, False
    commit = partial(store.write, records, about(records))
    while True:
        try:
            commit()
        except AwayError as error:
            left = until - time.monotonic()
            if left <= 0 or ending.over:
                raise
            if not told:
                told = _say(Noted(f"{error}: trying again for up to {patience:.0f} s"), tell)
            time.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE)
            commit = partial(_anew, store, records, about(records))
        else:
            if told:
                _say(Noted("the store can be written again"), tell)
            return


def _anew(store: Store, records: Sequence[Record], about: Mapping[str, Origin]) -> None:
    """Commit by a file that is opened again: the one before may stay stale for good."""
    store.renew()
    store.write(records, about)


def _say(event: Event, tell: Sequence[Tell]) -> bool:
    for listener in tell:
        listener(event)
    return True


def _try(refresh: Callable[[], object], tell: Sequence[Tell]) -> None:
    """Replace the datasets; that they cannot be now is no reason to end the run."""
    from ddspec.execution.events import Noted

    try:
        refresh()
    except (DdspecError, OSError) as error:
        _say(Noted(f"{error}: the run goes on, cells are kept"), tell)
