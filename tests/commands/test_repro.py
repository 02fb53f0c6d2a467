"""`ddspec repro` runs one cell by itself and compares it with what is stored."""

import sqlite3
from functools import partial

import pytest

from ddspec.commands import repro
from ddspec.training import fit as fitting
from tests.execution import faulty


@pytest.fixture
def grid(folder, call, monkeypatch):
    """A run folder of which the cells of 4 samples have failed; the ids by number of samples."""
    (folder / "grid.dd").write_text(faulty.SPEC)
    with monkeypatch.context() as patch:
        faulty.install("raise=4 size=1", patch.setattr)
        assert call("run", "grid.dd", "--local", "--out", "out", "--set", "seed=0").exit_code == 1
    rows = sqlite3.connect("out/cells.sqlite").execute("select id, status from cells")
    ids = {"failed": [], "done": []}
    for cell, status in rows:
        ids[status].append(cell)
    return ids


def edited(batch, *rest, change, **more):
    (record,) = faulty.REAL(batch, *rest, **more)
    change(record)
    return (record,)


def test_a_cell_is_the_same_bit_for_bit(call, grid):
    result = call("repro", grid["done"][0][:8], "out")
    assert result.exit_code == 0, result.stderr
    assert grid["done"][0] in result.stdout
    assert "place         grid: n = 5, seed = 0\nseed          seed 0\n" in result.stdout
    assert "LinearGaussian(samples=5" in result.stdout
    assert "equal to what is stored, bit for bit (2 numbers)" in result.stdout


def test_the_last_bit_of_a_reading_counts(call, grid, monkeypatch):
    def change(record):
        record.series["test_loss"].view("<u4")[0] ^= 1

    monkeypatch.setattr(fitting, "fit", partial(edited, change=change))
    result = call("repro", grid["done"][0], "out")
    assert result.exit_code == 1
    assert "different from what is stored:\n  test_loss: first at the end" in result.stdout


def test_a_quantity_that_is_not_read_any_more_is_a_difference(call, grid, monkeypatch):
    monkeypatch.setattr(
        fitting, "fit", partial(edited, change=lambda record: record.series.pop("test_loss"))
    )
    result = call("repro", grid["done"][0], "out")
    assert (result.exit_code, "test_loss: not read now" in result.stdout) == (1, True)


def test_a_failing_cell_shows_all_of_its_traceback(call, grid, monkeypatch, capsys):
    monkeypatch.setattr(fitting, "fit", partial(faulty.misbehave, text="raise=4"))
    result = call("repro", grid["failed"][0][:12], "out")
    assert result.exit_code == 1
    assert "Traceback (most recent call last)" in result.stderr
    assert "in misbehave" in result.stderr
    assert "failed (exception): 4 samples are poison" in result.stderr


def test_the_debugger_is_entered_where_it_failed(call, grid, monkeypatch):
    frames = []
    monkeypatch.setattr(fitting, "fit", partial(faulty.misbehave, text="raise=4"))
    monkeypatch.setattr(repro.pdb, "post_mortem", frames.append)
    call("repro", grid["failed"][0], "out", "--pdb")
    while frames[-1].tb_next:
        frames.append(frames[-1].tb_next)
    assert frames[-1].tb_frame.f_code.co_name == "misbehave"


def test_a_cell_that_failed_and_does_not_now_says_what_it_failed_of(call, grid):
    result = call("repro", grid["failed"][0], "out")
    assert result.exit_code == 0
    assert "it failed when it was run: ValueError: 4 samples are poison" in result.stdout


def test_a_prefix_of_several_lists_them(call, grid):
    result = call("repro", "", "out")
    assert result.exit_code == 1
    assert "6 cells have ids that begin with" in result.stderr
    assert f"{grid['failed'][0][:12]}  grid: n = 4, seed = 0" in result.stderr


def test_a_prefix_of_none_is_a_mistake(call, grid):
    result = call("repro", "xyz", "out")
    assert (result.exit_code, "no cell that out is for" in result.stderr) == (1, True)


def test_the_command_that_a_run_names_is_one(call, grid, folder):
    log = (folder / "out" / "failures.log").read_text()
    (line,) = [line for line in log.splitlines() if line.startswith("alone: ddspec ")]
    assert call(*line.removeprefix("alone: ddspec ").split()).exit_code == 0
    assert f"--- {grid['failed'][0][:12]}  exception\ngrid: n = 4, seed = 0  (seed 0)\n" in log
    assert log.endswith("ValueError: 4 samples are poison\n")
