"""The tables of `cells.sqlite`, and what its errors mean to a user."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ddspec.errors import DdspecError

FORMAT: Final = 3  # counts changes after which an older ddspec would misread the file

# Readings lie apart: what is done is then found without touching them.
META: Final = "create table meta (key text primary key, value text not null) without rowid"
CELLS: Final = (
    """create table cells (
  number     integer primary key,
  id         text not null unique,  -- 64 hex digits
  status     text not null,         -- done, diverged, stopped or failed
  cause      text not null,         -- of a failed cell: exception, oom or killed
  unit       text not null,         -- of points: epochs, steps, or empty for solved cells
  stop       integer not null,      -- epochs or steps trained
  seconds    real not null,
  attempt    integer not null,
  parameters integer not null,
  names      text not null,         -- recorded quantities, one space between, arrays (#2x3) last
  points     blob not null,         -- int32 little endian (points)
  digest     blob not null,         -- checksum of what was read
  way        text not null,         -- how its steps were taken; empty where there are none
  code       text not null,         -- fingerprints of the words' code; empty when not known
  kin        text not null,         -- the id without versions of words; empty when not known
  worker     text not null,
  created    text not null,         -- UTC, ISO 8601
  error      text not null          -- traceback of a failed cell
)""",
    "create index cells_by_status on cells (status, cause)",
    """create table readings (
  number     integer primary key,   -- of the cell
  series     blob not null          -- float32 little endian (names, points), (points, 2, 3), ...
)""",
)
PASSING: Final = (  # what a network file system may be over in a while
    *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN),
    sqlite3.SQLITE_PROTOCOL,
)
LEAST: Final = 2**16  # bytes that SQLite needs beside its file
KEPT = "every cell that was reported as finished is kept"


class AwayError(DdspecError):
    """The store cannot be used now and may be in a while; nothing of it is known to be damaged."""


class DamagedError(DdspecError):
    """What is stored cannot be read, or is not what was written."""


def create(db: sqlite3.Connection) -> None:
    """Make the tables of a new store in one transaction."""
    db.execute("begin immediate")
    for statement in (META, *CELLS):
        db.execute(statement)
    db.execute("insert into meta values ('format', ?)", (str(FORMAT),))
    db.execute("commit")


def is_empty(db: sqlite3.Connection) -> bool:
    """True for a file in which nothing has been made yet."""
    (tables,) = db.execute("select count(*) from sqlite_master").fetchone()
    return int(tables) == 0


def distrust(db: sqlite3.Connection) -> None:
    """Let nothing that a file's schema says run more than SQLite itself needs: the file may be from
    somebody else.
    """
    db.execute("pragma trusted_schema = off")


def check_objects(db: sqlite3.Connection, path: Path) -> None:
    """Raise DamagedError for a schema with anything but plain tables: ddspec makes no other, and
    views, triggers and computed columns answer in a table's place.
    """
    made = db.execute(
        "select type, name from sqlite_master where type in ('view', 'trigger')"
        " or (type = 'table' and (rootpage is null or rootpage = 0))"
    ).fetchone()
    if made is None:
        made = db.execute(
            "select 'computed column', m.name || '.' || c.name from sqlite_master as m,"
            " pragma_table_xinfo(m.name) as c where m.type = 'table' and c.hidden <> 0"
        ).fetchone()
    if made is not None:
        what = "virtual table" if made[0] == "table" else made[0]
        raise DamagedError(
            f"{path} holds a {what} `{made[1]}`, which ddspec never makes: it is not read",
            "if it is not yours, do not trust what comes with it",
            "run the spec again into another folder with --out",
        )


def format_of(db: sqlite3.Connection, path: Path) -> int:
    """The format of a store; raises DdspecError when it is not ours, or of a newer ddspec."""
    check_objects(db, path)
    try:
        found = db.execute("select value from meta where key = 'format'").fetchone()
    except sqlite3.OperationalError:
        found = None
    if found is None or not re.fullmatch("[0-9]{1,9}", str(found[0])):
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
    return int(found[0])


@contextmanager
def spoken(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside into a DdspecError that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of the code is detail
        if code == sqlite3.SQLITE_IOERR and _full(path):
            code = sqlite3.SQLITE_FULL  # as it says of its index of the log
        kind = AwayError if code in PASSING else DdspecError
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            kind = DamagedError
        raise kind(*_advice(path, code, str(error))) from error
    except UnicodeDecodeError as error:  # of a text in a damaged page
        raise DamagedError(*damaged(path, f"a text is not UTF-8: {error.reason}")) from error


def _full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < LEAST
    except OSError:
        return False


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
    return (
        f"{path} is damaged: {text}",
        f"see what is lost: ddspec verify {path.parent}",
        f"keep what is readable and train the rest again: ddspec verify --repair {path.parent}",
        "the .nc files beside it are whole: each is replaced at once, never changed in place",
    )
