"""What happens while batches are trained, as its watcher sees it."""

from __future__ import annotations

import attrs

from ddspec.training.record import Record


@attrs.frozen
class Started:
    """Workers were asked for: how many, and where they run."""

    workers: int
    where: str


@attrs.frozen(eq=False)
class Finished:
    """Cells came to an end, the failed ones included: their records, to be kept at once.

    by: the worker, `node-3:4711`; seconds: how long it took for their batch; printed: what the
    batch wrote to standard output and error meanwhile.
    """

    records: tuple[Record, ...]
    by: str = ""
    seconds: float = 0.0
    printed: str = ""


@attrs.frozen
class Retried:
    """A batch failed or its worker died, and its cells are tried again; nothing is lost yet."""

    cells: int
    reason: str


@attrs.frozen
class Noted:
    """Something a user should know: a cluster that died, a store that cannot be written now."""

    text: str


Event = Started | Finished | Retried | Noted
