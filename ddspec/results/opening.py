"""A run folder to an open `cells.sqlite`: shared where the file system can, else kept alone."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from ddspec.errors import DdspecError
from ddspec.results.claim import holder_of, stale
from ddspec.results.filesystem import networked
from ddspec.results.lease import Lease
from ddspec.results.migration import migrate, view
from ddspec.results.schema import FORMAT, create, distrust, format_of, is_empty

NAME: Final = "cells.sqlite"
WAIT: Final = 30.0  # seconds to wait for a reader that blocks a commit
WAL: Final = b"\x02\x02"  # bytes 18 and 19 of a file whose commits go to a log beside it


class InUseError(DdspecError):
    """The store cannot be read now, because a run keeps it to itself."""


def open_to_write(path: Path, lease: Lease) -> sqlite3.Connection:
    """The store at `path`, made when it is missing, of this format."""
    _require_file(path)
    fresh = not path.exists()
    db = _connected(path, lease)
    try:
        db.execute("pragma synchronous = full")
        if is_empty(db):
            create(db)
        if format_of(db, path) < FORMAT:
            migrate(db)
    except BaseException:
        db.close()
        raise
    if fresh:
        sync_folder(path.parent)
    return db


def _connected(path: Path, lease: Lease) -> sqlite3.Connection:
    """A connection with a log that others can read beside; without shared memory, alone."""
    if not lease.alone:
        db = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
        try:
            distrust(db)
            (mode,) = db.execute("pragma journal_mode = wal").fetchone()
            db.execute("select count(*) from sqlite_master").fetchone()
        except sqlite3.Error as error:
            db.close()
            if not _unshared(error):
                raise
            mode = ""
        except BaseException:
            db.close()
            raise
        if mode == "wal":
            return db
        db.close()
        lease.claim()
    return _alone(path, lease.locks)


def _unshared(error: sqlite3.Error) -> bool:
    """True for what SQLite says where processes cannot share memory or lock parts of files."""
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_IOERR_SHMSIZE":
        return False  # of a full disk
    return name.startswith("SQLITE_IOERR_SHM") or name in {
        "SQLITE_PROTOCOL",
        "SQLITE_IOERR_LOCK",
        "SQLITE_IOERR_RDLOCK",
        "SQLITE_IOERR_UNLOCK",
        "SQLITE_IOERR_CHECKRESERVEDLOCK",
    }


def _alone(path: Path, locks: bool) -> sqlite3.Connection:
    """A connection that shares nothing: the file itself is whole after every commit.

    Needs no shared memory: a log that is left from a machine that had it is read into the file.
    """
    address = f"{path.absolute().as_uri()}?mode=rwc{'' if locks else '&vfs=unix-none'}"
    db = sqlite3.connect(address, uri=True, timeout=WAIT, isolation_level=None)
    try:
        distrust(db)
        db.execute("pragma locking_mode = exclusive")
        db.execute("pragma journal_mode = truncate")
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(path: Path) -> sqlite3.Connection:
    """The store at `path` as it is, also while a run writes, unless that keeps it to itself."""
    if not path.exists():
        raise DdspecError(f"{path.parent} holds no finished cells", "run a spec into it first")
    _require_file(path)
    holder = holder_of(path.parent)
    if holder is not None and not stale(path.parent, holder):
        raise InUseError(
            f"{path} cannot be read now: a run ({holder}) keeps it to itself, because its file"
            " system may not share it",
            "read it once the run has ended; the .nc files beside it can be read at any time",
        )
    try:
        return _reading(path, _address(path), networked(path.parent))
    except sqlite3.OperationalError as error:
        if not getattr(error, "sqlite_errorname", "").startswith("SQLITE_IOERR_SHM"):
            raise
    # No room for an index of the log beside the file, so there is no writer: it is made in memory.
    return _reading(path, f"{path.absolute().as_uri()}?mode=rw", alone=True)


def _reading(path: Path, address: str, alone: bool) -> sqlite3.Connection:
    db = sqlite3.connect(address, uri=True, timeout=WAIT, isolation_level=None)
    try:
        distrust(db)
        if alone:
            db.execute("pragma locking_mode = exclusive")  # needs no shared memory
        if is_empty(db):  # its writer has not come to the first cell
            db.close()
            db = sqlite3.connect(":memory:", isolation_level=None)
            create(db)
        if format_of(db, path) < FORMAT:
            view(db)
    except BaseException:
        db.close()
        raise
    return db


def _require_file(path: Path) -> None:
    """Raise DdspecError for a folder, a pipe or a device in the place of the store."""
    if path.exists() and not path.is_file():
        raise DdspecError(f"{path} is no file", "move it away, or choose another folder with --out")


def _address(path: Path) -> str:
    left = any(_size(path.with_name(NAME + suffix)) for suffix in ("-wal", "-journal"))
    address = path.absolute().as_uri()
    # Without a writer's leftovers and without the right to write, SQLite must be told that nobody
    # else writes; otherwise it wants to make its index of the log beside the file.
    if not os.access(path.parent, os.W_OK):
        return f"{address}?mode=ro{'' if left else '&immutable=1'}"
    if networked(path.parent):  # nobody writes, and locks may not be there
        return f"{address}?mode=rw" if left or _logged(path) else f"{address}?mode=ro&immutable=1"
    # What a killed writer left of a commit is undone by whoever comes next.
    return f"{address}?mode={'rw' if _size(path.with_name(NAME + '-journal')) else 'ro'}"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _logged(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(20)[18:] == WAL
    except OSError:
        return False


def make_folder(folder: Path) -> None:
    """Make a run folder, or raise DdspecError when it cannot be made or written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DdspecError(
            f"cannot make the folder {folder}: {error.strerror}", "choose another with --out"
        ) from None
    if not os.access(folder, os.W_OK):
        raise DdspecError(f"cannot write to the folder {folder}", "choose another with --out")


def sync_folder(folder: Path) -> None:
    """Make the names of new or replaced files in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
