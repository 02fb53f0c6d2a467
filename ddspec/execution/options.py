"""How a run is executed: where, by whom, and what happens when cells fail."""

from __future__ import annotations

from pathlib import Path

import attrs


@attrs.frozen(kw_only=True)
class Options:
    """What a user says of a run beside its spec; nothing here changes a reading.

    data: where real data sets lie. local: in this process, without Ray. address: a Ray cluster to
    join, by default one is started here. workers: how many train at once, by default as many as
    the cluster has processors or, if it has any, graphics cards. retries: how often a failing cell
    is tried again before it is recorded as failed. most_failures: the run ends when so many cells
    have failed; None: never for that. grace: seconds between a request to end (SIGTERM) and the
    end, in which batches under way may finish.
    """

    data: Path | None = attrs.field(default=None, converter=attrs.converters.optional(Path))
    local: bool = False
    address: str | None = None
    workers: int | None = None
    retries: int = 1
    most_failures: int | None = None
    grace: float = 20.0
