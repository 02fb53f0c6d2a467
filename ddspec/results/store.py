"""Records to `cells.sqlite`: the ledger of what is finished and the store of every reading."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs
import numpy as np

from ddspec.results.held import Held, Origin, Stored
from ddspec.results.lease import Lease
from ddspec.results.opening import NAME, make_folder, open_to_read, open_to_write
from ddspec.results.rows import (
    COLUMNS,
    all_names,
    check_row,
    digest_of,
    names_of,
    points_of,
    row_of,
)
from ddspec.results.schema import DamagedError, damaged, spoken
from ddspec.training.record import Record

HELD = (
    "id, status, unit, points, names, stop, seconds, attempt, cause, way, worker, code, kin, digest"
)
STORED = (
    "id, status, unit, points, names, parameters, stop, seconds, worker, error, cause, way, code,"
    " kin, digest, series"
)
HELD_KINDS = (*(str, str, str, bytes, str, int, float, int), *(str,) * 5, bytes)
STORED_KINDS = (*(str, str, str, bytes, str, int, int, float), *(str,) * 6, bytes)
INSERT = (
    f"insert into cells ({COLUMNS}) values ({', '.join('?' * 17)})"  # noqa: S608
    " on conflict (id) do update set "
    + ", ".join(f"{column} = excluded.{column}" for column in COLUMNS.split(", "))
)
INSERT_SERIES = "insert or replace into readings select number, ? from cells where id = ?"
ASKED_AT_ONCE = 900  # ids in one query; SQLite allows 999 variables in its oldest builds
UNKNOWN: Mapping[str, Origin] = {}
NOWHERE = Origin()


def open_store(folder: Path, *, readonly: bool = False) -> Store:
    """The store in `folder`, made there when it is missing; close it or use it in a `with`.

    A store that is open for writing is leased to this process: a second writer is refused.
    `readonly` may be opened at any time, also while a run is writing, but where the file system
    cannot share memory between processes: there a run keeps the store to itself.
    Raises DdspecError when the folder cannot be used, the file is damaged, not a store, of a newer
    ddspec, missing (`readonly`), or in use by another run.
    """
    path = folder / NAME
    if readonly:
        with spoken(path):
            return Store(open_to_read(path), path)
    make_folder(folder)
    lease = Lease(folder)
    try:
        with spoken(path):
            return Store(open_to_write(path, lease), path, lease)
    except BaseException:
        lease.release()
        raise


class Store:
    """Every finished cell of a run folder, by id.

    A record counts once `write` has returned: it then survives the death of the process and a
    power cut.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, lease: Lease | None = None) -> None:
        self.path = path
        self._db = db
        self._lease = lease

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let another run write."""
        try:
            with spoken(self.path):
                self._db.close()
        finally:
            if self._lease is not None:
                self._lease.release()

    def renew(self) -> None:
        """Open the file again, after a file system that was away has made its handle stale."""
        with spoken(self.path):
            with suppress(sqlite3.Error):
                self._db.close()
            if self._lease is not None:
                self._db = open_to_write(self.path, self._lease)

    @property
    def notice(self) -> str:
        """What a user should know of how the store is kept, a line; mostly empty."""
        return "" if self._lease is None else self._lease.notice

    def __len__(self) -> int:
        with spoken(self.path):
            return int(self._db.execute("select count(*) from cells").fetchone()[0])

    def counts(self) -> dict[str, int]:
        """How many stored cells have each status, the commonest first."""
        select = "select status, count(*) from cells group by status order by count(*) desc"
        with spoken(self.path):
            return {status: int(count) for status, count in self._db.execute(select)}

    def held(self, ids: Iterable[str]) -> dict[str, Held]:
        """Which of the cells `ids` are stored, and what was recorded of each."""
        return dict(self.each(ids))

    def each(self, ids: Iterable[str]) -> Iterator[tuple[str, Held]]:
        """The stored ones of the cells `ids` without their readings, in no particular order."""
        points, names = cache(points_of), cache(all_names)
        for row in self._sound(HELD, ids, HELD_KINDS):
            cell, status, unit, where, text, *rest, code, kin, digest = row
            more = {"origin": Origin(code, kin), "digest": digest}
            yield cell, Held(status, unit, points(where), names(text), *rest, **more)

    def read(self, ids: Iterable[str]) -> Iterator[Stored]:
        """The stored ones of the cells `ids` with their readings, in no particular order."""
        points, names = cache(points_of), cache(names_of)
        for row in self._sound(STORED, ids, STORED_KINDS):
            cell, status, unit, where, text, *rest, code, kin, digest, series = row
            more = {"origin": Origin(code, kin), "digest": digest, "series": series}
            stored = Stored(cell, status, unit, points(where), *names(text), *rest, **more)
            if not isinstance(series, bytes) or len(series) != 4 * stored.numbers:
                raise DamagedError(*damaged(self.path, f"cell {cell} has lost readings"))
            read = (cell, status, unit, stored.stop, text, where, series)
            if digest and digest != digest_of(*read):
                raise DamagedError(*damaged(self.path, f"the readings of cell {cell} have changed"))
            yield stored

    def ids(self) -> frozenset[str]:
        """The ids of all stored cells."""
        with spoken(self.path):
            return frozenset(row[0] for row in self._db.execute("select id from cells"))

    def statuses(self, ids: Iterable[str]) -> dict[str, str]:
        """The status of each of the cells `ids` that is stored."""
        return {row[0]: str(row[1]) for row in self._rows("id, status", ids)}

    def causes(self) -> dict[str, int]:
        """How many stored cells failed, by cause, the commonest first."""
        select = (
            "select cause, count(*) from cells where status = 'failed' group by cause"
            " order by count(*) desc"
        )
        with spoken(self.path):
            return {cause: int(count) for cause, count in self._db.execute(select)}

    def failures(self, ids: Iterable[str]) -> dict[str, str]:
        """The traceback of each of the cells `ids` that failed."""
        rows = self._rows("id, status, error", ids)
        return {cell: error for cell, status, error in rows if status == "failed"}

    def write(
        self,
        records: Iterable[Record],
        about: Mapping[str, Origin] = UNKNOWN,
        *,
        replace: bool = False,
    ) -> None:
        """Commit records, all or none of them; when this returns they are on the disk.

        about: cell -> where its readings come from, where that is known. A cell that was trained
        again replaces what is stored unless it adds nothing: a failure never replaces readings, nor
        do fewer points or quantities replace more. What was read before and not now, at the same
        points, is kept. Readings that come from changed code replace all of what is stored, and any
        do that are to `replace` it.
        Raises DdspecError when the disk is full; what was committed before is safe.
        """
        given = {record.cell: record for record in records}
        created = datetime.now(UTC).isoformat(timespec="seconds")
        with self._commit():
            old = self.held(given)
            for cell, record in given.items():
                before = None if replace else old.get(cell)
                origin = about.get(cell, NOWHERE)
                if before is not None and not adds(record, before, origin):
                    continue
                whole = self._with_what_was(record, before, origin)
                if before is not None and whole is not record:
                    origin = origin.beside(before.origin)
                attempt = before.attempt + 1 if before is not None else 1
                row, series = row_of(whole, origin, created, attempt)
                self._db.execute(INSERT, row)
                self._db.execute(INSERT_SERIES, (series, cell))

    def attribute(self, about: Mapping[str, Origin]) -> None:
        """Change where stored cells are said to come from, all or none of them."""
        rows = [(origin.code, origin.kin, cell) for cell, origin in about.items()]
        with self._commit():
            self._db.executemany("update cells set code = ?, kin = ? where id = ?", rows)

    def forget(self, ids: Iterable[str]) -> None:
        """Delete stored cells, all or none of them; they are trained again when asked for."""
        rows = [(cell,) for cell in ids]
        with self._commit():
            number = "(select number from cells where id = ?)"
            self._db.executemany(f"delete from readings where number = {number}", rows)  # noqa: S608
            self._db.executemany("delete from cells where id = ?", rows)

    def compact(self) -> None:
        """Give the space of deleted cells back to the disk, which needs room for a copy."""
        with spoken(self.path):
            self._db.execute("vacuum")
            self._db.execute("pragma wal_checkpoint(truncate)")

    def codes(self) -> dict[str, int]:
        """How many stored cells come from each code."""
        with spoken(self.path):
            found = self._db.execute("select code, count(*) from cells group by code")
            return {code: int(count) for code, count in found}

    def coded(self, codes: Iterable[str]) -> dict[str, Origin]:
        """The stored cells that come from any of `codes`, failed ones left out."""
        select = "select id, code, kin from cells where code = ? and status <> 'failed'"
        with spoken(self.path):
            rows = [row for code in codes for row in self._db.execute(select, (code,))]
        return {cell: Origin(code, kin) for cell, code, kin in rows}

    @contextmanager
    def _commit(self) -> Iterator[None]:
        """One transaction of a run that still has the right to write."""
        if self._lease is not None:
            self._lease.check()
        with spoken(self.path):
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have ended it already
                    self._db.execute("rollback")
                raise

    def _with_what_was(self, record: Record, old: Held | None, origin: Origin) -> Record:
        """The record with the quantities that were read before at the same points of the run, and
        not now.
        """
        if old is None or old.unit != record.unit or set(old.names) <= set(record.series):
            return record
        if origin.differs(old.origin):
            return record
        if not np.array_equal(old.points, record.points):
            return record
        try:
            (stored,) = self.read([record.cell])
        except DamagedError:  # the new readings take the place of what cannot be read
            return record
        known = dict(zip(stored.names, stored.values, strict=True))
        known |= {name: stored.array(name) for name in stored.arrays}
        return attrs.evolve(record, series=known | dict(record.series))

    def _sound(
        self, columns: str, ids: Iterable[str], kinds: tuple[type, ...]
    ) -> Iterator[Sequence[Any]]:
        """The rows of `ids`, of values as they are written; raises DamagedError for others."""
        names = cache(all_names)
        for row in self._rows(columns, ids):
            try:
                check_row(row, kinds)
                names(row[4])
            except ValueError as why:
                cell = str(row[0])[:64]
                raise DamagedError(*damaged(self.path, f"the row of cell {cell} {why}")) from None
            yield row

    def _rows(self, columns: str, ids: Iterable[str]) -> Iterator[Sequence[Any]]:
        """The rows of `ids`: by one pass over the file when many are asked for."""
        wanted = ids if isinstance(ids, (set, frozenset, dict)) else set(ids)
        readings = " left join readings using (number)" if columns is STORED else ""
        select = f"select {columns} from cells{readings}"  # noqa: S608 - our own column names
        with spoken(self.path):
            if len(wanted) > ASKED_AT_ONCE and len(wanted) > len(self) // 8:
                yield from (row for row in self._db.execute(select) if row[0] in wanted)
                return
            for part in _parts(list(wanted), ASKED_AT_ONCE):
                marks = ", ".join("?" * len(part))
                yield from self._db.execute(f"{select} where id in ({marks})", part)


def adds(record: Record, old: Held, origin: Origin = NOWHERE) -> bool:
    """True when a new record, that comes from `origin`, is worth more than the stored one of the
    same cell.
    """
    if old.status == "failed":
        return True
    if record.status == "failed":
        return False
    if origin.differs(old.origin):
        return True
    points, before = set(record.points.tolist()), set(old.points.tolist())
    names, known = set(record.series), set(old.names)
    fewer = points <= before and names <= known and (points, names) != (before, known)
    return record.unit != old.unit or not fewer


def _parts(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
