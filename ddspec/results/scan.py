"""Every cell of a store, also of a damaged one: what is sound, and what cannot be read and why."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

import attrs

from ddspec.results.rows import COLUMNS, STATUSES, digest_of, length_of

ALL: Final = f"number, {COLUMNS}, series"
EACH: Final = f"select {ALL} from cells left join readings using (number)"  # noqa: S608
IDS: Final = "select number, id from cells indexed by sqlite_autoindex_cells_1"
MOST: Final = 10_000_000  # numbers asked for one by one: a damaged file may name any
ID: Final = re.compile("[0-9a-f]{64}")


@attrs.frozen
class Sound:
    """A cell as it was written: its row, in the order of COLUMNS, and its readings."""

    row: tuple[Any, ...]
    series: bytes


@attrs.frozen
class Unreadable:
    """A cell that is not as it was written; its id is empty where that is lost too."""

    cell: str
    reason: str


def scan(db: sqlite3.Connection) -> Iterator[Sound | Unreadable]:
    """Every cell of an open store, in the order of their numbers.

    Where the table is damaged each number is asked for by itself, and cells that only the index
    still knows are told as lost.
    """
    known, seen, whole = _known(db), 0, True
    try:
        for row in db.execute(f"{EACH} order by number"):
            seen = int(row[0])
            known.pop(seen, None)
            yield judged(row)
    except (sqlite3.Error, TypeError, ValueError):
        whole = False
    if not whole:
        yield from _one_by_one(db, known, seen)
    yield from (Unreadable(cell, "its row is lost") for cell in known.values())


def _one_by_one(
    db: sqlite3.Connection, known: dict[int, str], seen: int
) -> Iterator[Sound | Unreadable]:
    """The cells after number `seen`; takes those it tells of out of `known`."""
    last = max([*known, *_numbers(db), 0])
    every = range(seen + 1, last + 1) if last - seen < MOST else sorted(known)
    for number in every:
        try:
            row = db.execute(f"{EACH} where number = ?", (number,)).fetchone()
        except (sqlite3.Error, OverflowError) as error:
            row = None
            if number in known:
                yield Unreadable(known.pop(number), f"its row cannot be read: {error}")
        if row is not None:
            known.pop(number, None)
            yield judged(row)


def _known(db: sqlite3.Connection) -> dict[int, str]:
    """The ids by number that the index still has, without touching the table."""
    found: dict[int, str] = {}
    with suppress(sqlite3.Error, TypeError, ValueError):  # damaged, or of an older format
        found.update((int(number), str(cell)) for number, cell in db.execute(IDS))
    return found


def _numbers(db: sqlite3.Connection) -> Iterator[int]:
    """The largest numbers that can be found out."""
    for select in (
        "select max(number) from cells indexed by cells_by_status",
        "select max(number) from readings",
        "select max(number) from cells",
    ):
        try:
            yield int(db.execute(select).fetchone()[0] or 0)
        except (sqlite3.Error, TypeError, ValueError):
            continue


def judged(found: Sequence[Any]) -> Sound | Unreadable:
    """A cell of its number, the columns of its row and its readings, None without any."""
    _, *row, series = found
    cell = row[0] if isinstance(row[0], str) else ""
    reason = _fault(dict(zip(COLUMNS.split(", "), row, strict=True)), series)
    return Unreadable(cell, reason) if reason else Sound(tuple(row), series)


def _fault(row: dict[str, Any], series: bytes | None) -> str:
    """What is wrong with a row; empty when nothing is."""
    try:
        if not ID.fullmatch(row["id"]) or row["status"] not in STATUSES:
            return "its row is not what was written"
        if series is None:
            return "its readings are lost"
        if len(series) != length_of(row["names"], row["points"]):
            return "its readings are cut off"
        where = (row["names"], row["points"], series)
        if row["digest"] and row["digest"] != digest_of(
            row["id"], row["status"], row["unit"], row["stop"], *where
        ):
            return "its readings are not what was written"
    except (TypeError, ValueError, AttributeError):
        return "its row is not what was written"
    return ""
