"""A record beside what is stored of the same cell: equal bit for bit, or where they part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ddspec.results.held import Stored
from ddspec.training.record import Record


def differences(record: Record, stored: Stored) -> Iterator[str]:
    """Where a record differs from what is stored, a line each; none when every bit is the same.

    Quantities and points that only one of the two has are differences as well, and so are the
    status and the length of training. Two NaN with the same bits are equal.
    """
    for name in ("status", "unit", "stop", "parameters"):
        now, then = getattr(record, name), getattr(stored, name)
        if now != then:
            yield f"{name}: {then} is stored, {now} now"
    known = {name: stored.values[at] for at, name in enumerate(stored.names)}
    known |= {name: stored.array(name) for name in stored.arrays}
    for name in sorted(known.keys() ^ record.series.keys()):
        yield f"{name}: {'not stored' if name in record.series else 'not read now'}"
    if not np.array_equal(record.points, stored.points):
        yield f"read at {len(stored.points)} points then, {len(record.points)} now, or at others"
        return
    for name in sorted(known.keys() & record.series.keys()):
        yield from _parting(name, record, np.asarray(record.series[name], "<f4"), known[name])


def _parting(name: str, record: Record, now: np.ndarray, then: np.ndarray) -> Iterator[str]:
    if now.shape != then.shape:
        yield f"{name}: shape {then.shape} is stored, {now.shape} now"
        return
    apart = np.ascontiguousarray(now).view("<u4") != np.ascontiguousarray(then).view("<u4")
    if apart.any():
        at = tuple(np.argwhere(apart)[0])
        where = f"{record.unit} {record.points[at[0]]}" if record.unit else "the end"
        more = f" ({int(apart.sum())} of {apart.size} numbers differ)"
        yield f"{name}: first at {where}: {then[at]!s} is stored, {now[at]!s} now{more}"
