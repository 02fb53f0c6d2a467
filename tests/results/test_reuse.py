"""Folders that results are taken from."""

import pytest

from ddspec.errors import DdspecError
from ddspec.results.reuse import checked, copy
from ddspec.results.store import open_store
from tests.results.made import record

CELLS = [f"{n:064x}" for n in range(5)]


@pytest.fixture
def runs(tmp_path):
    for name in ("a", "b"):
        with open_store(tmp_path / name) as store:
            store.write(record(cell, float(n)) for n, cell in enumerate(CELLS))
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("folders", "says"),
    [
        (["a", "nowhere"], "there is no folder"),
        (["empty"], "is no run folder: it has no cells.sqlite"),
        (["a/cells.sqlite"], "is no run folder: name the folder, "),
        (["a", "b", "b/../a"], "is given twice"),
        (["out"], "is the folder that results go to"),
    ],
)
def test_a_folder_that_cannot_be_taken_from_is_said(runs, folders, says):
    (runs / "b").rename(runs / "out") if folders == ["out"] else None
    with pytest.raises(DdspecError, match="(?s)" + says):
        checked([runs / name for name in folders], runs / "out")


def test_right_folders_are_given_back_in_order(runs):
    assert checked([runs / "b", runs / "a"], None) == (runs / "b", runs / "a")


def test_a_copied_cell_is_what_it_was(runs):
    with open_store(runs / "a", readonly=True) as source, open_store(runs / "new") as store:
        assert copy(source, store, CELLS[:3]) == 3
        assert copy(source, store, ["f" * 64]) == 0
        before, after = source.held(CELLS), store.held(CELLS)
    assert list(after) == CELLS[:3]
    assert all(after[cell].digest == before[cell].digest for cell in after)
    assert {each.worker for each in after.values()} == {"a processor"}
