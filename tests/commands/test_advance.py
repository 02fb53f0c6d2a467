"""How far a run is, and what its display says."""

import io
import time

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from ddspec.commands.display import Bar, Lines, display, line_of
from ddspec.execution.advance import Advance, by_cause
from ddspec.training.record import Record

TRACEBACK = "Traceback (most recent call last):\n  File ...\nValueError: width 3 is poisoned\n"


def record(cell, status="done", error=""):
    return Record(
        cell=cell,
        status=status,
        unit="epochs",
        points=np.zeros(1, np.int32),
        series={},
        parameters=1,
        stop=1,
        seconds=0.1,
        error=error,
    )


def advance():
    return Advance({"a": 1.0, "b": 1.0, "c": 8.0}, kept=5, started=100.0)


def test_time_left_follows_work_and_not_cells():
    run = advance()
    run.add([record("a"), record("b")])
    assert run.share == pytest.approx(0.2)
    assert run.left(110.0) == pytest.approx(40.0)  # 2 of 10 units in 10 s


def test_nothing_done_promises_nothing():
    assert advance().left(110.0) is None
    assert line_of(advance().progress(110.0)) == "0/3 cells"


def test_nothing_to_do_is_done():
    assert Advance({}).share == 1.0


def test_the_line_counts_what_went_wrong():
    run = advance()
    run.add([record("a", "failed", TRACEBACK), record("b", "diverged")])
    assert (
        line_of(run.progress(110.0))
        == "2/3 cells  0.2 cells/s  about 40 s left  1 failed  1 diverged"
    )


def test_the_last_line_promises_no_time():
    run = Advance({"a": 0.1, "b": 0.2, "c": 0.3}, started=100.0)
    run.add(map(record, "cba"))
    assert run.share != 1.0  # floats do not add up
    assert "left" not in line_of(run.progress(110.0))


def test_a_failed_cell_is_done_but_not_saved():
    run = advance()
    run.add([record("a", "failed", TRACEBACK), record("b")])
    assert (run.done, run.saved) == (2, 1)


def test_a_cause_is_told_once():
    run = advance()
    reason = "ValueError: width 3 is poisoned"
    assert run.add([record("a", "failed", TRACEBACK)]) == [reason]
    assert run.add([record("b", "failed", TRACEBACK)]) == []
    assert run.causes == {reason: 2}


def test_failures_are_grouped_commonest_first():
    errors = [TRACEBACK, "MemoryError\n", TRACEBACK]
    assert by_cause(errors) == [("ValueError: width 3 is poisoned", 2), ("MemoryError", 1)]


def test_lines_are_few_but_notes_come_at_once(capsys):
    run, lines = advance(), Lines()
    run.started = time.monotonic()
    for cell in "ab":
        run.add([record(cell)])
        lines.update(run)
    lines.note("failed: OSError: no disk", "red")
    run.add([record("c")])
    lines.update(run)
    shown = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[0] for line in shown] == [
        "1/3 cells",
        "failed: OSError: no disk",
        "3/3 cells",
    ]


def test_the_bar_is_filled_by_work():
    screen = io.StringIO()
    progress = Progress("{task.fields[line]}", console=Console(file=screen, width=100))
    bar = Bar(progress, progress.add_task("training", total=1.0, line=""))
    run = advance()
    run.add([record("c")])
    bar.update(run)
    assert progress.tasks[0].completed == pytest.approx(0.8)
    assert progress.tasks[0].fields["line"].startswith("1/3 cells")


def test_a_note_stays_above_the_bar_as_written():
    screen = io.StringIO()
    progress = Progress(console=Console(file=screen, width=100))
    Bar(progress, progress.add_task("training")).note("failed: OSError: [/tmp] is full", "red")
    assert screen.getvalue() == "failed: OSError: [/tmp] is full\n"


def test_without_a_terminal_lines_are_shown():
    with display() as shown:
        assert isinstance(shown, Lines)


def test_a_long_run_says_less(capsys):
    run = advance()
    run.started = time.monotonic() - 6_000
    lines = Lines(last=time.monotonic() - 200)
    lines.update(run)
    assert capsys.readouterr().err == ""
    lines.last -= 200
    lines.update(run)
    assert capsys.readouterr().err == "0/3 cells\n"


def test_rounds_to_come_count_at_most_and_those_that_come_as_they_are():
    run = Advance({}, started=100.0)
    run.expect({"a": 1.0, "b": 1.0}, {"a", "b", "old"}, later=3, later_work=6.0)
    run.add([record("a"), record("b")])
    assert line_of(run.progress(110.0)) == "2/at most 5 cells  0.2 cells/s  about 30 s left"
    run.expect({"c": 4.0}, {"c", "a", "other"})
    assert (run.total, run.kept) == (3, 2)
    assert run.share == pytest.approx(2 / 6)
    run.add([record("c")])
    assert line_of(run.progress(120.0)) == "3/3 cells  0.15 cells/s"


def test_the_clock_of_a_run_starts_once():
    run = Advance({"a": 1.0}, started=1.0)
    run.start(5.0)
    run.start(9.0)
    assert run.started == 5.0
