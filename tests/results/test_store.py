"""Finished cells stay finished, and nothing else can be done to a store."""

import os
import sqlite3

import attrs
import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.results.schema import spoken
from ddspec.results.store import NAME, open_store
from tests.results.made import NAMES, record

A, B = "a" * 64, "b" * 64


def test_a_record_is_read_back_as_it_was_written(tmp_path):
    given = record(A, 0.25, parameters=2**40, stop=3, worker="w", error="e")
    with open_store(tmp_path) as store:
        store.write([given])
    with open_store(tmp_path, readonly=True) as store:
        (found,) = store.read([A, B])
    assert (found.cell, found.status, found.unit) == (A, "done", "epochs")
    assert (found.parameters, found.stop, found.seconds) == (2**40, 3, 0.5)
    assert (found.worker, found.error) == ("w", "e")
    assert found.points.tolist() == [1, 4]
    for name, values in zip(found.names, found.values, strict=True):
        np.testing.assert_array_equal(values, given.series[name])
    assert set(found.names) == set(NAMES)


def test_held_says_what_is_stored_of_the_asked_cells_only(tmp_path):
    with open_store(tmp_path) as store:
        store.write([record(A), record(B, status="diverged")])
        held = store.held([B, "c" * 64])
        assert len(store) == 2
    assert list(held) == [B]
    assert (held[B].status, held[B].unit, held[B].stop) == ("diverged", "epochs", 4)
    assert held[B].points.tolist() == [1, 4]
    assert set(held[B].names) == set(NAMES)


@pytest.mark.parametrize("asked", [3, 600, 2000])
def test_many_cells_are_found_however_many_are_asked_for(tmp_path, asked):
    ids = [f"{n:064x}" for n in range(2000)]
    with open_store(tmp_path) as store:
        store.write(record(cell, n) for n, cell in enumerate(ids))
        wanted = ids[:asked]
        assert set(store.held(wanted)) == set(wanted)
        found = {each.cell: each.values[0, 0] for each in store.read(wanted)}
    assert found == {cell: np.float32(n + 0.1) for n, cell in enumerate(wanted)}


def test_failures_are_the_tracebacks_of_failed_cells(tmp_path):
    with open_store(tmp_path) as store:
        store.write([record(A), record(B, status="failed", error="Boom")])
        assert store.failures([A, B]) == {B: "Boom"}
        assert store.statuses([A, B]) == {A: "done", B: "failed"}


def stored_after(tmp_path, first, second):
    with open_store(tmp_path) as store:
        store.write([first])
        store.write([second])
        return store.held([A])[A]


@pytest.mark.parametrize(
    "better",
    [
        {"points": (1, 2, 4)},
        {"points": (1, 4)},
        {"points": (1, 8)},
        {"names": (*NAMES, "norm")},
        {"unit": "steps", "points": (1,)},
    ],
)
def test_a_cell_trained_again_replaces_what_it_adds_to(tmp_path, better):
    held = stored_after(tmp_path, record(A), record(A, **better))
    assert held.attempt == 2
    assert held.points.tolist() == list(better.get("points", (1, 4)))


@pytest.mark.parametrize(
    "worse", [{"points": (4,)}, {"names": NAMES[:2]}, {"status": "failed", "error": "Boom"}]
)
def test_a_cell_trained_again_keeps_what_it_adds_nothing_to(tmp_path, worse):
    held = stored_after(tmp_path, record(A), record(A, **worse))
    assert (held.attempt, held.status) == (1, "done")
    assert held.points.tolist() == [1, 4]
    assert set(held.names) == set(NAMES)


@pytest.mark.parametrize("status", ["done", "failed"])
def test_whatever_comes_after_a_failure_replaces_it(tmp_path, status):
    held = stored_after(tmp_path, record(A, status="failed"), record(A, status=status))
    assert (held.attempt, held.status) == (2, status)


def test_a_second_writer_is_refused_and_told_who_the_first_is(tmp_path):
    with (
        open_store(tmp_path),
        pytest.raises(DdspecError, match=f"another run is writing .*pid {os.getpid()} on "),
    ):
        open_store(tmp_path)


def test_a_closed_store_can_be_written_by_the_next(tmp_path):
    open_store(tmp_path).close()
    with open_store(tmp_path) as store:
        store.write([record(A)])


def test_a_store_is_readable_while_a_run_writes(tmp_path):
    with open_store(tmp_path) as store, open_store(tmp_path, readonly=True) as reader:
        store.write([record(A)])
        assert list(reader.held([A])) == [A]


def test_a_write_is_all_or_nothing(tmp_path):
    broken = attrs.evolve(record(B), series={"test_loss": "no numbers"})
    with open_store(tmp_path) as store:
        with pytest.raises(ValueError, match="no numbers"):
            store.write([record(A), broken])
        assert len(store) == 0
        store.write([record(B)])
        assert list(store.held([A, B])) == [B]


def test_a_full_disk_is_said_and_loses_nothing(tmp_path):
    many = [record(f"{n:064x}", points=range(500)) for n in range(200)]
    with open_store(tmp_path) as store:
        store.write([record(A)])
        pages = store._db.execute("pragma page_count").fetchone()[0]
        store._db.execute(f"pragma max_page_count = {pages + 10}")
        with pytest.raises(DdspecError, match="no space left") as caught:
            store.write(many)
        assert "run the same command again" in caught.value.help[0]
        store._db.execute("pragma max_page_count = 1000000")
        store.write(many)
        assert len(store) == 201


def test_a_file_that_is_no_database_is_said(tmp_path):
    (tmp_path / "cells.sqlite").write_bytes(b"netCDF? " * 1000)
    with pytest.raises(DdspecError, match="is damaged: file is not a database") as caught:
        open_store(tmp_path)
    assert any("--repair" in line for line in caught.value.help)
    with pytest.raises(DdspecError, match="is damaged"):
        open_store(tmp_path, readonly=True)


def test_overwritten_pages_are_said(tmp_path):
    with open_store(tmp_path) as store:
        store.write(record(f"{n:064x}", n) for n in range(500))
    path = tmp_path / "cells.sqlite"
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (path.stat().st_size - 8192))
    with (
        open_store(tmp_path) as store,
        pytest.raises(DdspecError, match=r"cells\.sqlite is damaged"),
    ):
        list(store.read(f"{n:064x}" for n in range(500)))


def test_a_row_with_readings_cut_off_is_said(tmp_path):
    with open_store(tmp_path) as store:
        store.write([record(A)])
        store._db.execute("update readings set series = x'00'")
        with pytest.raises(DdspecError, match="has lost readings"):
            list(store.read([A]))


def test_a_store_of_a_newer_version_is_refused(tmp_path):
    with open_store(tmp_path) as store:
        store._db.execute("update meta set value = '99' where key = 'format'")
    for readonly in (True, False):
        with pytest.raises(DdspecError, match=r"newer ddspec \(store format 99"):
            open_store(tmp_path, readonly=readonly)


def test_a_database_of_something_else_is_left_alone(tmp_path):
    other = sqlite3.connect(tmp_path / "cells.sqlite")
    other.execute("create table songs (title text)")
    other.close()
    with pytest.raises(DdspecError, match="is not a store of ddspec's cells"):
        open_store(tmp_path)


def test_reading_where_nothing_was_run_is_said(tmp_path):
    with pytest.raises(DdspecError, match="holds no finished cells"):
        open_store(tmp_path, readonly=True)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_was_killed_at_birth_is_an_empty_one(tmp_path):
    (tmp_path / "cells.sqlite").touch()
    with open_store(tmp_path, readonly=True) as store:
        assert len(store) == 0
    with open_store(tmp_path) as store:
        store.write([record(A)])


def test_a_folder_that_is_a_file_is_said(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(DdspecError, match="cannot make the folder"):
        open_store(tmp_path / "run")


def test_a_format_of_a_million_digits_is_no_store(tmp_path):
    open_store(tmp_path).close()
    with sqlite3.connect(tmp_path / NAME) as db:
        db.execute("update meta set value = hex(zeroblob(2000000)) where key = 'format'")
    with pytest.raises(DdspecError, match="is not a store"):
        open_store(tmp_path, readonly=True)


def test_text_that_is_no_utf8_is_damage(tmp_path):
    told = r"cells\.sqlite is damaged: a text is not UTF-8"
    with pytest.raises(DdspecError, match=told), spoken(tmp_path / NAME):
        b"\xb7".decode()
