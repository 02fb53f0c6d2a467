"""A run that is stopped, kindly or not, keeps what it has committed and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import numpy as np
import pytest

from ddspec.results.store import open_store
from tests.execution.batches import cells, read

MARK = "DDSPEC_TEST_RUN"
COUNT = 14


@pytest.fixture
def driver(tmp_path):
    """Starts the driver on one store, again and again; all of its processes carry a mark."""
    mark = uuid.uuid4().hex
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.execution.driver", str(tmp_path), str(COUNT)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {MARK: mark},
            start_new_session=True,  # a terminal signals the whole group
        )
        started.append(process)
        return process

    yield start, mark
    for process in started:
        process.kill()
        process.communicate()


def marked(mark):
    """The command lines of living processes that a driver of this test has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "environ").read_bytes()
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"{MARK}={mark}".encode() in words and line:
            found.append(line)
    return found


def left_behind(mark, unless=()):
    """What is still there after ten seconds, or as soon as nothing is."""
    end = time.monotonic() + 10
    while True:
        left = [line for line in marked(mark) if not any(word in line for word in unless)]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.1)


def stop_after(process, commits, with_signal):
    """Let a driver commit a few times, signal its group; the number it said was committed."""
    said = 0
    for line in process.stdout:
        if line.startswith("committed"):
            said = int(line.split()[1])
            commits -= 1
        if not commits:
            break
    os.killpg(process.pid, with_signal)
    rest, errors = process.communicate(timeout=60)
    later = [int(line.split()[1]) for line in rest.splitlines() if line.startswith("committed")]
    return max([said, *later]), rest, errors


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
def test_ctrl_c_keeps_finished_cells_and_leaves_no_process(driver, tmp_path):
    start, mark = driver
    process = start()
    said, rest, errors = stop_after(process, 2, signal.SIGINT)
    assert f"stopped {said}" in rest
    assert errors == ""
    assert process.returncode == 0
    assert left_behind(mark) == []
    with open_store(tmp_path) as store:
        assert len(store) == said < COUNT


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
def test_after_kill_9_a_second_run_trains_just_the_rest(driver, tmp_path):
    start, mark = driver
    process = start()
    for line in process.stdout:
        if line == "committed 4\n":
            break
    process.kill()  # the driver alone: its workers must notice
    process.communicate()
    # Ray's own agents look for their parent once a minute; they hold nothing meanwhile.
    assert left_behind(mark, unless=("DashboardAgent", "RuntimeEnvAgent")) == []
    with open_store(tmp_path, readonly=True) as store:
        kept = len(store)
    assert 4 <= kept < COUNT
    out, _ = start().communicate(timeout=90)
    assert out.startswith(f"pending {COUNT - kept}\n")
    with open_store(tmp_path) as store:
        found = {each.cell: each.values for each in store.read(c.id for c in cells(COUNT))}
    assert {cell.id for cell in cells(COUNT)} == set(found)
    for cell in cells(COUNT):
        np.testing.assert_array_equal(found[cell.id][0], read(cell).series["test_loss"])
