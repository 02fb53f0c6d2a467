"""Stores of older formats: brought to this one when they are written, read as they are."""

from __future__ import annotations

import sqlite3
from typing import Final

from ddspec.results.rows import COLUMNS, digest_of
from ddspec.results.schema import CELLS, FORMAT

# Formats 1 and 2 (a store with arrays) held the readings in the rows of `cells`.
SINCE_3: Final = {"cause": "''", "way": "''", "code": "''", "kin": "''"}
DIGEST: Final = "digest_of(id, status, unit, stop, names, points, series)"


def migrate(db: sqlite3.Connection) -> None:
    """Bring a store of an older format to this one: all of it or nothing.

    Needs as much space again as the store takes; what the old tables took is used for new cells.
    """
    db.create_function("digest_of", 7, digest_of, deterministic=True)
    db.execute("begin immediate")
    try:
        db.execute("alter table cells rename to cells_before")
        for statement in CELLS:
            db.execute(statement)
        selected = _selected(COLUMNS, "digest", DIGEST)
        db.execute(
            f"insert into cells (number, {COLUMNS})"  # noqa: S608 - our own column names
            f" select rowid, {selected} from cells_before order by rowid"
        )
        db.execute("insert into readings select rowid, series from cells_before order by rowid")
        db.execute("drop table cells_before")
        db.execute("update meta set value = ? where key = 'format'", (str(FORMAT),))
        db.execute("commit")
    except BaseException:
        if db.in_transaction:  # a full disk may have ended it already
            db.execute("rollback")
        raise


def view(db: sqlite3.Connection) -> None:
    """Let a store of an older format, open for reading, be read as one of this format."""
    db.execute("pragma temp_store = memory")
    selected = _selected(COLUMNS, "digest", "x''")
    db.execute(
        f"create temp view cells as select rowid as number, {selected}"  # noqa: S608
        " from main.cells"
    )
    db.execute("create temp view readings as select rowid as number, series from main.cells")


def _selected(columns: str, *also: str) -> str:
    """The columns as an older format gives them."""
    how = SINCE_3 | {also[0]: also[1]}
    return ", ".join(f"{how[c]} as {c}" if c in how else c for c in columns.split(", "))
