"""A run folder to a verdict: which cells are sound, which are not and why, and the repair."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from ddspec.errors import DdspecError
from ddspec.results.lease import Lease
from ddspec.results.opening import NAME, open_to_read, sync_folder
from ddspec.results.salvage import salvaged
from ddspec.results.scan import Sound, Unreadable, scan
from ddspec.results.schema import DamagedError, create, spoken
from ddspec.results.store import INSERT, INSERT_SERIES, open_store

ASIDE: Final = "unreadable.jsonl"  # in the run folder: what was given up, and why
TOLD: Final = 5  # lines of SQLite's own verdict
SUFFIXES: Final = ("", "-wal", "-shm", "-journal")


@attrs.frozen
class Verdict:
    """What became of a store: how many cells are sound, which are not, and what SQLite says of the
    file, nothing when that is whole. files: datasets that cannot be read or contradict it. lost:
    how many cells datasets show that it does not hold.
    """

    sound: int
    unreadable: tuple[Unreadable, ...] = ()
    damage: tuple[str, ...] = ()
    files: tuple[tuple[Path, str], ...] = ()
    lost: tuple[tuple[Path, int], ...] = ()

    @property
    def whole(self) -> bool:
        """True when nothing is wrong."""
        return not (self.unreadable or self.damage or self.files or self.lost)


def verify(folder: Path) -> Verdict:
    """The verdict on the store of a run folder, also while a run writes to it.

    Every row is read and its checksum compared. Raises DdspecError when there is no store, it is of
    a newer ddspec, or a run keeps it to itself.
    """
    path = folder / NAME
    try:
        with spoken(path), closing(open_to_read(path)) as db:
            db.execute("begin")  # one state, whatever a run commits meanwhile
            damage, sound, unreadable = _damage(db), 0, []
            for each in scan(db):
                if isinstance(each, Sound):
                    sound += 1
                else:
                    unreadable.append(each)
            return Verdict(sound, tuple(unreadable), damage)
    except DamagedError as error:
        return Verdict(0, (), (str(error),))


def _damage(db: sqlite3.Connection) -> tuple[str, ...]:
    """What SQLite finds wrong with its file."""
    try:
        rows = db.execute(f"pragma integrity_check({TOLD})").fetchall()
    except sqlite3.Error as error:
        return (str(error),)
    return tuple(str(row[0]) for row in rows if row[0] != "ok")


def repair(folder: Path, verdict: Verdict) -> Verdict:
    """Take what is unreadable out of a store, so that `ddspec run` trains it again; the verdict on
    what is left. What was given up is noted in `unreadable.jsonl`.

    A file that SQLite finds whole loses the unreadable cells only. Of a damaged one a new store is
    made of all cells that can be found in it, and it is kept beside as `cells.sqlite.damaged`.
    Raises DdspecError when a run is writing, or the disk has no room for the new store.
    """
    if verdict.damage:
        _rebuild(folder)
    elif verdict.unreadable:
        with open_store(folder) as store:
            store.forget(each.cell for each in verdict.unreadable)
    left = verify(folder)
    with spoken(folder / NAME), closing(open_to_read(folder / NAME)) as db:
        there = {str(row[0]) for row in db.execute("select id from cells")}
    _note(folder, [each for each in verdict.unreadable if each.cell not in there])
    return left


def _rebuild(folder: Path) -> None:
    path, fresh = folder / NAME, folder / f"{NAME}.new"
    lease = Lease(folder)
    try:
        for suffix in SUFFIXES:
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
        with spoken(fresh), closing(sqlite3.connect(fresh, isolation_level=None)) as db:
            create(db)
            db.execute("begin")
            for each in _readable(path):
                db.execute(INSERT, each.row)
                db.execute(INSERT_SERIES, (each.series, each.row[0]))
            db.execute("commit")
        aside = _free(path)
        for suffix in reversed(SUFFIXES):
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
        fresh.rename(path)
        sync_folder(folder)
    except OSError as error:
        raise DdspecError(
            f"cannot repair {path}: {error.strerror}", "free some space and try again"
        ) from None
    finally:
        lease.release()


def _readable(path: Path) -> Iterator[Sound]:
    """Every sound cell of a damaged store, once: as SQLite reads it, then from its pages.

    Pages that nothing leads to any more may hold older rows: those count for cells that cannot be
    found otherwise.
    """
    seen = set()
    with suppress(DdspecError, sqlite3.Error), closing(open_to_read(path)) as db:
        for each in scan(db):
            if isinstance(each, Sound) and each.row[0] not in seen:
                seen.add(each.row[0])
                yield each
    for each in salvaged(path):
        if each.row[0] not in seen:
            seen.add(each.row[0])
            yield each


def _free(path: Path) -> Path:
    """A name for the damaged file beside it that is not taken."""
    names = [path.with_name(f"{NAME}.damaged{n or ''}") for n in range(1000)]
    return next((name for name in names if not name.exists()), names[0])


def _note(folder: Path, lost: list[Unreadable]) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    with (folder / ASIDE).open("a", encoding="utf-8") as file:
        for each in lost:
            file.write(json.dumps({"at": at, "cell": each.cell, "reason": each.reason}) + "\n")
        file.flush()
        os.fsync(file.fileno())
