"""Disks that fill, are read-only or go away for a while, under a run that goes on."""

import errno
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from ddspec import pipeline
from ddspec.errors import DdspecError
from ddspec.execution.ending import Ending
from ddspec.execution.events import Finished, Noted
from ddspec.results.schema import AwayError
from ddspec.results.store import open_store
from ddspec.running import keep
from tests.execution import faulty
from tests.execution.batches import cells, read

ROOT = Path(__file__).parent.parent.parent
AWAY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
/* Writes to cells.sqlite and its log fail while the file AWAY exists. */
static int away(int fd) {
  char link[64], name[4096];
  const char *flag = getenv("AWAY"), *code = getenv("AWAY_CODE");
  if (!flag || access(flag, F_OK)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, name, sizeof name - 1);
  if (n < 0) return 0;
  name[n] = 0;
  if (!strstr(name, "cells.sqlite")) return 0;
  errno = code ? atoi(code) : EIO;
  return 1;
}
ssize_t pwrite64(int fd, const void *b, size_t n, off_t o) {
  static ssize_t (*real)(int, const void *, size_t, off_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
  return away(fd) ? -1 : real(fd, b, n, o);
}
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { return pwrite64(fd, b, n, o); }
ssize_t write(int fd, const void *b, size_t n) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "write");
  return away(fd) ? -1 : real(fd, b, n);
}
int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  return away(fd) ? -1 : real(fd);
}
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    """A library that lets a file system go away under one process."""
    if not shutil.which("cc") or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler and Linux")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "away.c").write_text(AWAY)
    words = ["cc", "-shared", "-fPIC", "-o", "away.so", "away.c", "-ldl"]
    subprocess.run(words, cwd=folder, check=True)
    return folder / "away.so"


@pytest.fixture
def begin(tmp_path, shim):
    """Start `ddspec run --local` on a grid of slow cells, in a process whose disk may go away."""
    (tmp_path / "grid.dd").write_text(faulty.SPEC)
    started = []

    def start(*words, code):
        env = {
            "LD_PRELOAD": str(shim),
            "AWAY": str(tmp_path / "away"),
            "AWAY_CODE": str(code),
            "FAULT": "slow=0.3 size=2",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "tests.execution.faulty", "run", "grid.dd", "--local"]
        process = subprocess.Popen(
            [*command, "--out", "out", *words],
            cwd=tmp_path,
            env=os.environ | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        until(lambda: stored(tmp_path) >= 2)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def stored(folder):
    try:
        with open_store(folder / "out", readonly=True) as store:
            return len(store)
    except DdspecError:
        return 0


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    assert true()


@pytest.mark.slow
def test_a_file_system_that_comes_back_costs_nothing(begin, tmp_path):
    process = begin(code=errno.EIO)
    (tmp_path / "away").touch()
    time.sleep(1.2)
    assert process.poll() is None
    (tmp_path / "away").unlink()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "12 cells: 12 done (12 trained now)" in out
    assert err.count("trying again for up to 600 s") == 1
    assert "the store can be written again" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_file_system_that_stays_away_ends_the_run_clearly(begin, tmp_path):
    process = begin("--patience", "1", code=errno.ESTALE)
    (tmp_path / "away").touch()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "trying again for up to 1 s" in err
    assert "error: cannot read or write out/cells.sqlite: disk I/O error" in err
    assert "every cell that was reported as finished is kept" in err
    assert "Traceback" not in err
    (tmp_path / "away").unlink()
    assert 2 <= stored(tmp_path) < faulty.CELLS


@pytest.fixture
def disk(tmp_path):
    """A small disk: its folder, and what fills it and frees it. Without the right to mount one, a
    limit on the size of files stands in.
    """
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(words, capture_output=True, check=False).returncode == 0
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        if not mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
            return
        with (folder / "ballast").open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(512)):
                pass

    def free():
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        with suppress(OSError):  # it may be read-only by now
            (folder / "ballast").unlink(missing_ok=True)

    yield folder, fill, free
    free()
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_fills_ends_the_run_clearly_and_keeps_what_was_committed(
    disk, tmp_path, monkeypatch
):
    folder, fill, free = disk
    (tmp_path / "grid.dd").write_text(faulty.SPEC)
    faulty.install("size=2", monkeypatch.setattr)
    told = []

    def then(event):
        told.append(event)
        if isinstance(event, Finished) and len(told) == 3:  # the second batch
            fill()

    run = partial(pipeline.run, str(tmp_path / "grid.dd"), folder / "out", local=True)
    with pytest.raises(DdspecError, match=r"no space left to write|cannot read or write") as caught:
        run(on_event=then, patience=0.2)
    assert any("every cell that was reported as finished is kept" in x for x in caught.value.help)
    free()
    kept = stored(folder)
    assert kept >= 4
    outcome = run()
    assert (outcome.trained, outcome.counts["done"]) == (faulty.CELLS - kept, faulty.CELLS)


def test_a_folder_that_is_read_only_is_refused_before_anything_trains(disk, tmp_path):
    folder, _, _ = disk
    (tmp_path / "grid.dd").write_text(faulty.SPEC)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], capture_output=True, check=False)
    folder.chmod(0o555) if os.access(folder, os.W_OK) else None
    if os.access(folder, os.W_OK):
        pytest.skip("everything may be written here")
    with pytest.raises(DdspecError, match="cannot make the folder"):
        pipeline.run(str(tmp_path / "grid.dd"), folder / "out", local=True)


def test_datasets_that_cannot_be_written_now_do_not_end_the_run(tmp_path, monkeypatch):
    """Cells are what matters; a dataset is made from them at any time."""
    monkeypatch.setattr("ddspec.running.REFRESH_SECONDS", 0.0)
    noted = []

    def refresh():
        raise DdspecError("cannot write grid.nc: no space left on its disk")

    def see(event):
        noted.extend([event.text] if isinstance(event, Noted) else [])

    events = (Finished((read(cell),)) for cell in cells(3))
    with open_store(tmp_path) as store:
        assert keep(events, store, refresh, (see,), Ending(), 1.0) == 3
        assert len(store) == 3
    assert noted[0] == (
        "cannot write grid.nc: no space left on its disk: the run goes on, cells are kept"
    )


def test_two_runs_on_one_store_are_told_apart_by_host_and_process(tmp_path):
    with (
        open_store(tmp_path),
        pytest.raises(DdspecError, match=rf"pid {os.getpid()} on {platform.node()}"),
    ):
        open_store(tmp_path)


def test_a_stale_handle_is_opened_again():
    """On NFS the file may be reached again while its old handle stays stale for good."""
    calls = []

    def write(records, about):
        calls.append("write")
        if "renew" not in calls:
            raise AwayError("cannot read or write cells.sqlite")

    store = SimpleNamespace(write=write, renew=lambda: calls.append("renew"))
    assert keep(iter_of(Finished(())), store, lambda: None, (), Ending(), 5.0) == 0
    assert calls == ["write", "renew", "write"]


def iter_of(*events):
    yield from events
