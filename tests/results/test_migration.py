"""Stores of older formats: read as they are, and brought to this one when they are written."""

import sqlite3

import attrs
import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.results import migration
from ddspec.results.held import Origin
from ddspec.results.rows import row_of
from ddspec.results.store import open_store
from tests.results.made import NAMES, record

# As ddspec 0.1 to the second format made it.
OLD = """
create table meta (key text primary key, value text not null) without rowid;
create table cells (
  id         text primary key,
  status     text not null,
  unit       text not null,
  stop       integer not null,
  seconds    real not null,
  attempt    integer not null,
  parameters integer not null,
  names      text not null,
  points     blob not null,
  worker     text not null,
  created    text not null,
  error      text not null,
  series     blob not null
);
"""
KEPT = ("id", "status", "unit", "stop", "seconds", "attempt", "parameters", "names", "points")
A, B, C = "a" * 64, "b" * 64, "c" * 64
PREDICTIONS = np.arange(12, dtype="f4").reshape(2, 3, 2)


def given():
    array = record(B, 1.0)
    return [
        record(A, 0.25, worker="w"),
        attrs.evolve(array, series=dict(array.series) | {"predictions@1()": PREDICTIONS}),
        record(C, status="failed", error="Boom"),
    ]


def old_store(folder, number, records=None):
    folder.mkdir(exist_ok=True)
    db = sqlite3.connect(folder / "cells.sqlite", isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.executescript(OLD)
    db.execute("insert into meta values ('format', ?)", (str(number),))
    for each in records or given():
        row, series = row_of(each, Origin(), "2026-01-01T00:00:00+00:00", 3)
        named = dict(zip(migration.COLUMNS.split(", "), row, strict=True))
        values = [named[key] for key in (*KEPT, "worker", "created", "error")]
        db.execute(f"insert into cells values ({', '.join('?' * 13)})", (*values, series))
    db.close()


def format_of(folder):
    db = sqlite3.connect(folder / "cells.sqlite")
    found = db.execute("select value from meta where key = 'format'").fetchone()[0]
    db.close()
    return int(found)


def check(store):
    held, read = store.held([A, B, C]), {each.cell: each for each in store.read([A, B, C])}
    assert store.counts() == {"done": 2, "failed": 1}
    assert store.ids() == {A, B, C}
    assert [held[cell].attempt for cell in (A, B, C)] == [3, 3, 3]
    assert held[A].origin == Origin()
    assert (read[A].worker, read[A].points.tolist()) == ("w", [1, 4])
    assert set(read[A].names) == set(NAMES)
    np.testing.assert_array_equal(read[A].values[0], np.float32([0.35, 0.65]))
    np.testing.assert_array_equal(read[B].array("predictions@1()"), PREDICTIONS)
    assert store.failures([C]) == {C: "Boom"}


@pytest.mark.parametrize("number", [1, 2])
def test_an_older_store_is_read_as_it_is(tmp_path, number):
    old_store(tmp_path, number)
    with open_store(tmp_path, readonly=True) as store:
        check(store)
    assert format_of(tmp_path) == number


@pytest.mark.parametrize("number", [1, 2])
def test_an_older_store_is_brought_to_this_format_when_it_is_written(tmp_path, number):
    old_store(tmp_path, number)
    with open_store(tmp_path) as store:
        check(store)
        store.write([record(A, 5.0, points=(1, 2, 4))])
        assert store.held([A])[A].attempt == 4
    assert format_of(tmp_path) == 3
    with open_store(tmp_path, readonly=True) as store:
        assert store.held([A])[A].points.tolist() == [1, 2, 4]


def test_a_migrated_cell_has_the_checksum_of_one_written_now(tmp_path):
    old_store(tmp_path / "old", 2)
    with open_store(tmp_path / "old") as old, open_store(tmp_path / "new") as new:
        new.write(given())
        before, now = old.held([A, B, C]), new.held([A, B, C])
    assert {cell: each.digest for cell, each in before.items()} == {
        cell: each.digest for cell, each in now.items()
    }
    assert len({each.digest for each in now.values()}) == 3


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path, monkeypatch):
    old_store(tmp_path, 2)
    monkeypatch.setattr(migration, "DIGEST", "no_such_function(id)")
    with pytest.raises(DdspecError, match="no such function"):
        open_store(tmp_path)
    assert format_of(tmp_path) == 2
    monkeypatch.undo()
    with open_store(tmp_path) as store:
        check(store)


def test_where_readings_come_from_is_kept_and_can_be_changed(tmp_path):
    made = Origin(code="mlp@1:ab", kin="k")
    with open_store(tmp_path) as store:
        store.write([record(A, way="native"), record(B)], about={A: made})
        assert (store.held([A])[A].origin, store.held([A])[A].way) == (made, "native")
        assert store.held([B])[B].origin == Origin()
        store.attribute({A: Origin("mlp@1:cd", "k")})
        (found,) = store.read([A])
        assert found.origin.code == "mlp@1:cd"
        store.forget([A])
        assert (store.ids(), list(store.read([A]))) == ({B}, [])


def test_causes_count_failed_cells(tmp_path):
    with open_store(tmp_path) as store:
        store.write([record(A, status="failed", cause="oom"), record(B), record(C)])
        assert store.causes() == {"oom": 1}
        assert store.held([A])[A].cause == "oom"
