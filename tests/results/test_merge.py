"""Several stores in one: each cell once, no reading lost, no contradiction passed over."""

import sqlite3
from contextlib import ExitStack

import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.plan.code import Code
from ddspec.results import merge as merging
from ddspec.results import reuse
from ddspec.results.held import Origin
from ddspec.results.merge import merge
from ddspec.results.store import open_store
from tests.results.made import NAMES, record

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def filled(path, *records, about=None):
    with open_store(path) as store:
        store.write(records, about or {})
    return path


def merged(folder, *sources, prefer=None, **more):
    with ExitStack() as opened:
        stores = {each: opened.enter_context(open_store(each, readonly=True)) for each in sources}
        into = opened.enter_context(open_store(folder / "out"))
        return merge(into, stores, prefer=prefer, **more)


def read(folder):
    with open_store(folder / "out", readonly=True) as store:
        return {each.cell: each for each in store.read(store.ids())}


def refusal(folder, *sources, **more):
    with pytest.raises(DdspecError) as caught:
        merged(folder, *sources, **more)
    return "\n".join([str(caught.value), *caught.value.help])


def test_cells_of_all_are_there_once(folder):
    one = filled(folder / "a", record(ONE, 1.0), record(TWO, 2.0))
    two = filled(folder / "b", record(TWO, 2.0), record(THREE, 3.0))
    found = merged(folder, one, two)
    assert (found.taken, found.same) == ({one: 2, two: 1}, 1)
    assert {cell: each.values[0, 0] for cell, each in read(folder).items()} == {
        ONE: np.float32(1.1),
        TWO: np.float32(2.1),
        THREE: np.float32(3.1),
    }


def test_who_trained_a_cell_and_for_how_long_is_no_contradiction(folder):
    one = filled(folder / "a", record(ONE, seconds=1.0, worker="a laptop"))
    two = filled(folder / "b", record(ONE, seconds=9.0, worker="a cluster", way="native"))
    assert merged(folder, one, two).same == 1
    assert read(folder)[ONE].worker == "a laptop"


def test_contradicting_readings_are_refused_by_name_and_nothing_is_written(folder, monkeypatch):
    monkeypatch.setattr(reuse, "AT_ONCE", 1)
    one = filled(folder / "a", record(THREE), record(TWO))
    two = filled(folder / "b", record(THREE, 0.5, worker="another"), record(ONE))
    told = refusal(folder, one, two)
    assert "1 cell has readings that contradict each other" in told
    differ = "test_error, test_loss, train_error, train_loss differ by up to 0.5"
    assert f"cell {THREE[:12]} of {one} and {two}: {differ} (a processor; another)" in told
    assert "--prefer" in told
    assert read(folder) == {}


def test_many_contradictions_are_counted_and_three_are_named(folder):
    cells = [f"{n:064x}" for n in range(5)]
    one = filled(folder / "a", *map(record, cells))
    two = filled(folder / "b", *(record(cell, 1.0) for cell in cells))
    told = refusal(folder, one, two)
    assert told.count("differ by up to 1") == 3
    assert "5 cells have" in told
    assert "and 2 more" in told


@pytest.mark.parametrize("preferred", ["a", "b"])
def test_the_preferred_folder_decides(folder, preferred):
    values = {"a": 0.0, "b": 0.5}
    sources = [filled(folder / name, record(ONE, value)) for name, value in values.items()]
    assert merged(folder, *sources, prefer=folder / preferred).preferred == 1
    assert read(folder)[ONE].values[0, 0] == np.float32(values[preferred] + 0.1)


def test_what_is_there_already_is_not_written_again(folder):
    one, two = (filled(folder / name, record(ONE), record(TWO)) for name in "ab")
    assert merged(folder, one, two, prefer=two).taken == {two: 2}
    assert merged(folder, one, two, prefer=two).taken == {}


def test_a_preferred_folder_does_not_settle_what_it_does_not_hold(folder):
    one, two = filled(folder / "a", record(ONE)), filled(folder / "b", record(ONE, 1.0))
    three = filled(folder / "c", record(TWO))
    assert "contradict" in refusal(folder, one, two, three, prefer=three)


@pytest.mark.parametrize(
    ("other", "how"),
    [
        ({"status": "diverged"}, "done and diverged"),
        ({"stop": 3}, "4 and 3 epochs trained"),
    ],
)
def test_another_end_of_training_contradicts(folder, other, how):
    one, two = filled(folder / "a", record(ONE)), filled(folder / "b", record(ONE, **other))
    assert how in refusal(folder, one, two)


def test_where_only_one_is_a_number_they_contradict(folder):
    nothing = dict.fromkeys(NAMES, np.array([0.1, np.nan], np.float32))
    one, two = filled(folder / "a", record(ONE)), filled(folder / "b", record(ONE, series=nothing))
    assert "differ by up to inf" in refusal(folder, one, two)
    assert merged(folder, two, filled(folder / "c", record(ONE, series=nothing))).same == 1


def test_where_neither_is_a_number_they_do_not_differ(folder):
    series = [{"train_loss": np.float32([value, np.nan])} for value in (0.1, 0.6)]
    sources = [
        filled(folder / name, record(ONE, series=each))
        for name, each in zip("ab", series, strict=True)
    ]
    assert "train_loss differ by up to 0.5" in refusal(folder, *sources)


def test_other_points_and_other_quantities_are_united(folder):
    one = filled(folder / "a", record(ONE, points=(1, 4)), record(TWO, names=("train_loss",)))
    two = filled(folder / "b", record(ONE, points=(2, 4)), record(TWO, names=("test_loss",)))
    assert merged(folder, one, two).united == 2
    found = read(folder)
    assert found[ONE].points.tolist() == [1, 2, 4]
    assert np.array_equal(found[ONE].values[0], np.float32([0.1, 0.2, 0.4]))
    assert set(found[TWO].names) == {"train_loss", "test_loss"}


def test_a_third_store_is_held_against_what_was_united(folder):
    one = filled(folder / "a", record(ONE, points=(1, 4)))
    two = filled(folder / "b", record(ONE, points=(2, 4)))
    three = filled(folder / "c", record(ONE, 1.0, points=(2,)))
    assert "differ" in refusal(folder, one, two, three)


def test_of_readings_that_cannot_be_united_the_fuller_are_kept(folder):
    one = filled(folder / "a", record(ONE, points=(1, 4), names=("train_loss",)))
    two = filled(folder / "b", record(ONE, points=(1, 2, 3), names=("train_loss", "test_loss")))
    assert merged(folder, one, two).fuller == 1
    assert read(folder)[ONE].points.tolist() == [1, 2, 3]


def test_readings_replace_a_failure_wherever_it_is(folder):
    failed = filled(folder / "a", record(ONE, status="failed", error="no memory"))
    done = filled(folder / "b", record(ONE))
    merged(folder, failed)
    assert read(folder)[ONE].status == "failed"
    merged(folder, done)
    assert read(folder)[ONE].status == "done"
    assert merged(folder, failed).taken == {}


def test_readings_of_words_that_have_changed_since_give_way(folder):
    marks = {name: str(Code.parse(f"regularizer.mine@1:{name}")) for name in ("old", "new")}
    one = filled(folder / "a", record(ONE), about={ONE: Origin(marks["old"])})
    two = filled(folder / "b", record(ONE, 1.0), about={ONE: Origin(marks["new"])})
    merged(folder, one, two, outdated=lambda code: code == marks["old"])
    found = read(folder)[ONE]
    assert (found.values[0, 0], found.origin.code) == (np.float32(1.1), marks["new"])


def test_checksums_that_are_not_there_say_nothing(folder):
    sources = [filled(folder / name, record(ONE, float(n))) for n, name in enumerate("ab")]
    for source in sources:
        with sqlite3.connect(source / "cells.sqlite") as db:
            db.execute("update cells set digest = x''")
    assert "contradict" in refusal(folder, *sources)


def test_a_merge_that_is_cut_short_goes_on(folder, monkeypatch):
    cells = [f"{n:064x}" for n in range(7)]
    source = filled(folder / "a", *(record(cell, float(n)) for n, cell in enumerate(cells)))
    monkeypatch.setattr(reuse, "AT_ONCE", 2)
    write, calls = merging._write, []

    def cut(out, chosen):
        calls.append(chosen)
        if len(calls) == 3:
            raise KeyboardInterrupt
        write(out, chosen)

    monkeypatch.setattr(merging, "_write", cut)
    with pytest.raises(KeyboardInterrupt):
        merged(folder, source)
    assert len(read(folder)) == 4
    monkeypatch.setattr(merging, "_write", write)
    found = merged(folder, source)
    assert (found.taken, found.same) == ({source: 3}, 4)
    assert {cell: each.values[0, 0] for cell, each in read(folder).items()} == {
        cell: np.float32(n + 0.1) for n, cell in enumerate(cells)
    }


def test_arrays_come_through_as_they_were(folder):
    array = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    series = {"train_loss": np.float32([1, 2]), "logits@1()": array}
    merged(folder, filled(folder / "a", record(ONE, series=series)))
    assert np.array_equal(read(folder)[ONE].array("logits@1()"), array)
