"""What is unreadable in a store is found, told and trained again; what is readable is kept."""

import json
import random
import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.results.held import Origin
from ddspec.results.salvage import salvaged
from ddspec.results.store import open_store
from ddspec.results.verify import repair, verify
from tests.results.made import record
from tests.results.test_migration import old_store

PAGE = 4096
CELLS = 120
IDS = [f"{n:064x}" for n in range(CELLS)]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A folder with a store of two pages of readings a cell."""
    folder = tmp_path_factory.mktemp("sound")
    with open_store(folder) as store:
        for n, cell in enumerate(IDS):
            made = record(cell, float(n), points=range(1, 501))
            store.write([made], {cell: Origin("mlp@1:ab", f"kin {n}")})
    return folder


@pytest.fixture
def folder(sound, tmp_path):
    shutil.copytree(sound, tmp_path / "run")
    return tmp_path / "run"


def damage(folder, where, data):
    with (folder / "cells.sqlite").open("r+b") as file:
        file.seek(where)
        file.write(data)


def readings(folder, cells=IDS):
    with open_store(folder, readonly=True) as store:
        return {each.cell: each.values.copy() for each in store.read(cells)}


def assert_right(folder, kept):
    """Of the cells that are there every reading is the one that was written."""
    found = readings(folder)
    assert set(found) == set(kept)
    for cell, values in found.items():
        points = np.arange(1, 501, dtype=np.int32)
        expected = (float(IDS.index(cell)) + points / 10).astype(np.float32)
        np.testing.assert_array_equal(values, np.tile(expected, (4, 1)))


def test_a_sound_store_is_found_sound(folder):
    verdict = verify(folder)
    assert (verdict.sound, verdict.unreadable, verdict.damage) == (CELLS, (), ())
    assert verdict.whole


def test_a_store_is_verified_while_a_run_writes(folder):
    with open_store(folder) as store:
        store.write([record("f" * 64)])
        assert verify(folder).sound == CELLS + 1


def test_a_flipped_bit_in_readings_is_found_told_and_never_read(folder):
    with closing(sqlite3.connect(folder / "cells.sqlite")) as db:
        (series,) = db.execute("select series from readings where number = 1").fetchone()
    raw = (folder / "cells.sqlite").read_bytes()
    place = raw.index(series[:100]) + 41
    damage(folder, place, bytes([raw[place] ^ 4]))
    with pytest.raises(DdspecError, match=f"readings of cell {IDS[0]} have changed"):
        readings(folder)
    verdict = verify(folder)
    assert verdict.sound == CELLS - 1
    ((cell, reason),) = ((each.cell, each.reason) for each in verdict.unreadable)
    assert (cell, reason) == (IDS[0], "its readings are not what was written")
    after = repair(folder, verdict)
    assert after.whole
    assert_right(folder, set(IDS) - {cell})
    (noted,) = map(json.loads, (folder / "unreadable.jsonl").read_text().splitlines())
    assert (noted["cell"], noted["reason"]) == (cell, reason)
    assert not (folder / "cells.sqlite.damaged").exists()


def test_a_cell_that_cannot_be_read_is_replaced_when_it_is_trained_again(folder):
    with open_store(folder) as store:
        store._db.execute("update readings set series = zeroblob(length(series)) where number = 3")
        store.write([record(IDS[2], 7.0, points=range(1, 501), names=("test_loss", "new"))])
        (found,) = store.read([IDS[2]])
    assert found.values[0, 0] == np.float32(7.1)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("update readings set series = x'00' where number = 5", "its readings are cut off"),
        ("delete from readings where number = 5", "its readings are lost"),
        ("update cells set status = 'dome' where number = 5", "its row is not what was written"),
        ("update cells set points = 7 where number = 5", "its row is not what was written"),
        ("update cells set stop = 9 where number = 5", "its readings are not what was written"),
        ("update cells set names = 'a#x b' where number = 5", "its row is not what was written"),
    ],
)
def test_a_row_that_is_wrong_is_told(folder, sql, reason):
    with closing(sqlite3.connect(folder / "cells.sqlite", isolation_level=None)) as db:
        db.execute(sql)
    verdict = verify(folder)
    assert [(each.cell, each.reason) for each in verdict.unreadable] == [(IDS[4], reason)]
    assert repair(folder, verdict).whole
    assert_right(folder, set(IDS) - {IDS[4]})


def pages_of(folder):
    return (folder / "cells.sqlite").stat().st_size // PAGE


@pytest.mark.parametrize("seed", range(12))
def test_random_damage_is_found_and_what_is_left_is_right(folder, seed):
    chance = random.Random(seed)
    pages = chance.sample(range(2, pages_of(folder)), 5)
    for page in pages:
        kind = chance.choice(["zeros", "noise", "bits"])
        if kind == "zeros":
            damage(folder, page * PAGE, bytes(PAGE))
        elif kind == "noise":
            damage(folder, page * PAGE, chance.randbytes(PAGE))
        else:
            for _ in range(20):
                damage(folder, page * PAGE + chance.randrange(PAGE), chance.randbytes(1))
    verdict = verify(folder)
    assert not verdict.whole
    after = repair(folder, verdict)
    assert after.whole
    assert after.sound >= CELLS - 40  # a leaf of `cells` holds about as many
    with open_store(folder) as store:
        kept = store.ids()
        store.write([record(cell) for cell in set(IDS) - kept])
        assert store.ids() == set(IDS)
    assert set(readings(folder)) == set(IDS)


def interior(folder):
    """The pages that only lead to others."""
    raw = (folder / "cells.sqlite").read_bytes()
    return [n for n in range(1, len(raw) // PAGE) if raw[n * PAGE] in {2, 5}]


def test_all_cells_are_found_when_all_that_leads_to_them_is_gone(folder):
    pages = interior(folder)
    assert pages
    for page in pages:
        damage(folder, page * PAGE, bytes(PAGE))
    verdict = verify(folder)
    assert verdict.damage
    after = repair(folder, verdict)
    assert (after.sound, after.whole) == (CELLS, True)
    assert_right(folder, IDS)
    with open_store(folder, readonly=True) as store:
        held = store.held(IDS)
    assert held[IDS[9]].origin == Origin("mlp@1:ab", "kin 9")
    assert (folder / "cells.sqlite.damaged").exists()
    assert not (folder / "unreadable.jsonl").read_text()


def test_a_file_without_its_first_page_is_recovered(folder):
    damage(folder, 0, bytes(PAGE))
    verdict = verify(folder)
    assert (verdict.sound, verdict.whole) == (0, False)
    after = repair(folder, verdict)
    assert (after.sound, after.whole) == (CELLS, True)
    assert_right(folder, IDS)


def test_cells_that_only_the_index_still_knows_are_told_by_id(tmp_path):
    with open_store(tmp_path) as store:
        store.write([record(cell) for cell in IDS[:5]])
    with closing(sqlite3.connect(tmp_path / "cells.sqlite")) as db:
        select = "select rootpage from sqlite_master where name = 'cells'"
        (root,) = db.execute(select).fetchone()
    damage(tmp_path, (root - 1) * PAGE, bytes([13, 0, 0, 0, 0, PAGE >> 8, 0, 0]))
    verdict = verify(tmp_path)
    assert verdict.sound == 0
    assert [each.cell for each in verdict.unreadable] == IDS[:5]
    assert {each.reason for each in verdict.unreadable} == {"its row is lost"}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_file_that_is_cut_off_keeps_what_is_before_the_cut(folder, share):
    path = folder / "cells.sqlite"
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share) + 100)
    verdict = verify(folder)
    assert not verdict.whole
    after = repair(folder, verdict)
    assert after.whole
    assert after.sound >= (share - 0.3) * CELLS
    with open_store(folder, readonly=True) as store:
        assert_right(folder, store.ids())


def test_a_log_that_was_deleted_leaves_what_was_read_into_the_file(tmp_path):
    with open_store(tmp_path / "whole") as store:
        store.write([record(cell) for cell in IDS[:50]])
        store._db.execute("pragma wal_checkpoint(truncate)")
        store.write([record(cell) for cell in IDS[50:]])
        shutil.copytree(tmp_path / "whole", tmp_path / "run")
    for name in ("-wal", "-shm"):
        (tmp_path / "run" / f"cells.sqlite{name}").unlink()
    verdict = verify(tmp_path / "run")
    assert (verdict.sound, verdict.whole) == (50, True)


@pytest.mark.parametrize("first", ["old", "new"])
def test_of_a_cell_that_is_found_twice_the_latest_attempt_counts(tmp_path, first):
    path = tmp_path / "cells.sqlite"
    with open_store(tmp_path) as store:
        store.write([record(cell) for cell in IDS[:9]])
        store._db.execute("pragma wal_checkpoint(truncate)")
        old = path.read_bytes()
        store.write([record(IDS[3], 5.0, points=(1, 2, 4))])
        store._db.execute("pragma wal_checkpoint(truncate)")
        new = path.read_bytes()
    path.write_bytes(old + new if first == "old" else new + old)
    found = {each.row[0]: each for each in salvaged(path)}
    assert set(found) == set(IDS[:9])
    assert found[IDS[3]].row[6] == 2  # the attempt
    assert len(found[IDS[3]].series) == 4 * 4 * 3


@pytest.mark.parametrize("page_size", [512, 65536])
def test_pages_of_every_size_are_read(tmp_path, page_size):
    with closing(sqlite3.connect(tmp_path / "cells.sqlite")) as db:
        db.execute(f"pragma page_size = {page_size}")
        db.execute("vacuum")
    with open_store(tmp_path) as store:
        store.write([record(cell, points=range(900)) for cell in IDS[:5]])
    assert {each.row[0] for each in salvaged(tmp_path / "cells.sqlite")} == set(IDS[:5])


def test_a_store_in_use_is_not_repaired(folder):
    damage(folder, 5 * PAGE, bytes(PAGE))
    verdict = verify(folder)
    with open_store(folder), pytest.raises(DdspecError, match="another run is writing"):
        repair(folder, verdict)


def test_a_store_of_an_older_format_is_verified_and_repaired(tmp_path):
    old_store(tmp_path, 2)
    with closing(sqlite3.connect(tmp_path / "cells.sqlite", isolation_level=None)) as db:
        assert verify(tmp_path).sound == 3
        db.execute("update cells set series = x'00' where status = 'failed'")
    verdict = verify(tmp_path)
    assert [each.reason for each in verdict.unreadable] == ["its readings are cut off"]
    assert repair(tmp_path, verdict).sound == 2


def test_a_newer_store_is_not_touched(folder):
    with closing(sqlite3.connect(folder / "cells.sqlite", isolation_level=None)) as db:
        db.execute("update meta set value = '99'")
    with pytest.raises(DdspecError, match="newer ddspec"):
        verify(folder)
