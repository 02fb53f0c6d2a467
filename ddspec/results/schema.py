"""The tables of `cells.sqlite`, and what its errors mean to a user."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ddspec.errors import DdspecError

FORMAT: Final = 2  # counts changes after which an older ddspec would misread the file
PLAIN: Final = 1  # of a store without arrays, which is as it was before there were any

# Short columns first: SQLite then finds what is done without touching the readings of long rows.
TABLES: Final = """
create table meta (key text primary key, value text not null) without rowid;
create table cells (
  id         text primary key,  -- 64 hex digits
  status     text not null,     -- done, diverged, stopped or failed
  unit       text not null,     -- of points: epochs, steps, or empty for solved cells
  stop       integer not null,  -- epochs or steps trained
  seconds    real not null,
  attempt    integer not null,
  parameters integer not null,
  names      text not null,     -- recorded quantities, one space between, arrays (#2x3) last
  points     blob not null,     -- int32 little endian (points)
  worker     text not null,
  created    text not null,     -- UTC, ISO 8601
  error      text not null,     -- traceback of a failed cell
  series     blob not null      -- float32 little endian (names, points), (points, 2, 3), ...
);
"""
KEPT = "every cell that was reported as finished is kept"


def create(db: sqlite3.Connection) -> None:
    """Make the tables of a new store in one transaction."""
    db.executescript(f"begin immediate; {TABLES}")
    db.execute("insert into meta values ('format', ?)", (str(PLAIN),))
    db.execute("commit")


def note_arrays(db: sqlite3.Connection) -> None:
    """Say, inside a transaction, that the store holds arrays: an older ddspec then leaves it."""
    db.execute("update meta set value = ? where key = 'format'", (str(FORMAT),))


def is_empty(db: sqlite3.Connection) -> bool:
    """True for a file in which nothing has been made yet."""
    (tables,) = db.execute("select count(*) from sqlite_master").fetchone()
    return int(tables) == 0


def check_format(db: sqlite3.Connection, path: Path) -> None:
    """Raise DdspecError when the store is not ours, or of a newer ddspec."""
    try:
        found = db.execute("select value from meta where key = 'format'").fetchone()
    except sqlite3.OperationalError:
        found = None
    if found is None:
        raise DdspecError(
            f"{path} is not a store of ddspec's cells", "choose another folder with --out"
        )
    if int(found[0]) > FORMAT:
        raise DdspecError(
            f"{path} was written by a newer ddspec (store format {found[0]}, this one reads"
            f" {FORMAT})",
            "install the newer version: pip install --upgrade ddspec",
            "or choose another folder with --out",
        )


@contextmanager
def spoken(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside into a DdspecError that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of the code is detail
        raise DdspecError(*_advice(path, code, str(error))) from error


def _advice(path: Path, code: int, text: str) -> tuple[str, ...]:
    if code == sqlite3.SQLITE_FULL:
        free = f"free some space and run the same command again: {KEPT}"
        return (f"no space left to write {path}", free)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, text)
    if code == sqlite3.SQLITE_IOERR:
        return (
            f"cannot read or write {path}: {text}",
            f"check the disk and its free space, then run the same command again: {KEPT}",
        )
    if code == sqlite3.SQLITE_BUSY:
        busy = "another program has it locked: close it and run the same command again"
        return (f"cannot use {path}: {text}", busy)
    return (f"cannot use {path}: {text}", "check that you may read and write its folder")


def damaged(path: Path, text: str) -> tuple[str, ...]:
    """The words for a store that cannot be read, and the ways out."""
    rescue = f"sqlite3 {path.name} .recover | sqlite3 recovered.sqlite"
    return (
        f"{path} is damaged: {text}",
        f"save what is readable, then put recovered.sqlite in its place: {rescue}",
        "or move it away and run again to train every cell anew",
        "the .nc files beside it are whole: each is replaced at once, never changed in place",
    )
