"""Stores where memory is not shared or files cannot be locked: one run has them to itself."""

import errno
import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing

import pytest
from click.testing import CliRunner

from ddspec.commands.group import ddspec
from ddspec.errors import DdspecError
from ddspec.execution.advance import Advance
from ddspec.results import claim, filesystem, lease, opening
from ddspec.results.heartbeat import beating
from ddspec.results.opening import InUseError
from ddspec.results.store import open_store
from tests.results.made import record

A, B = "a" * 64, "b" * 64
MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/me/fast\\040disk xfs rw 0 0
10.0.0.1@tcp:/scratch /scratch lustre rw 0 0
broken
"""
WRITER = """
import errno, fcntl, sys
from pathlib import Path
from ddspec.results import filesystem, lease, opening
from ddspec.results.store import open_store
from tests.results.made import record

def refuse(*_):
    raise OSError(errno.ENOLCK, "No locks available")

if sys.argv[2] == "nfs":
    lease.networked = opening.networked = lambda folder: True
else:
    fcntl.flock = refuse
store = open_store(Path(sys.argv[1]))
store.write([record("b" * 64)])
print("open", flush=True)
sys.stdin.readline()
store.close()
"""


@pytest.fixture
def mounts(tmp_path):
    (tmp_path / "mounts").write_text(MOUNTS)
    return tmp_path / "mounts"


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/somewhere", "ext4"),
        ("/home/me/runs", "nfs4"),
        ("/home/me/fast disk/runs", "xfs"),
        ("/homestead", "ext4"),
        ("/scratch", "lustre"),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_the_deepest_mount(mounts, tmp_path, folder, kind):
    assert filesystem.kind_of(tmp_path.__class__(folder), mounts) == kind


def test_where_mounts_are_not_listed_nothing_is_known(tmp_path):
    assert filesystem.kind_of(tmp_path, tmp_path / "none") == ""


def nfs(monkeypatch):
    for module in (lease, opening):
        monkeypatch.setattr(module, "networked", lambda _: True)
    monkeypatch.setattr(lease, "kind_of", lambda _: "nfs4")


def lockless(monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.parametrize(
    ("kind", "notice"), [(nfs, "is on nfs4, which may not share memory"), (lockless, "lock files")]
)
def test_a_store_that_cannot_be_shared_is_kept_alone(tmp_path, monkeypatch, kind, notice):
    kind(monkeypatch)
    with open_store(tmp_path) as store:
        assert notice in store.notice
        store.write([record(A)])
        names = {path.name for path in tmp_path.iterdir()}
        assert {"cells.sqlite", ".cells.owner"} <= names
        assert not names & {"cells.sqlite-shm", "cells.sqlite-wal"}
        with pytest.raises(InUseError, match=f"a run .pid {os.getpid()} on .* keeps it to itself"):
            open_store(tmp_path, readonly=True)
        with pytest.raises(DdspecError, match="another run is writing"):
            open_store(tmp_path)
    assert not (tmp_path / ".cells.owner").exists()
    with open_store(tmp_path, readonly=True) as store:
        assert store.ids() == {A}


def test_a_local_store_is_shared_and_nothing_is_said(tmp_path):
    with open_store(tmp_path) as store:
        assert store.notice == ""
        assert not (tmp_path / ".cells.owner").exists()


def test_a_file_system_that_does_not_map_shared_memory_is_found_by_trying(tmp_path, monkeypatch):
    real = sqlite3.connect

    class Unshared(sqlite3.Connection):
        def execute(self, sql, *rest):
            if "wal" in sql:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorname = "SQLITE_IOERR_SHMMAP"
                raise error
            return super().execute(sql, *rest)

    monkeypatch.setattr(
        opening.sqlite3, "connect", lambda *args, **more: real(*args, factory=Unshared, **more)
    )
    with open_store(tmp_path) as store:
        assert "keeps the store to itself" in store.notice
        store.write([record(A)])
    with open_store(tmp_path, readonly=True) as store:
        assert store.ids() == {A}


def test_a_store_moves_between_file_systems(tmp_path, monkeypatch):
    def mode():
        with closing(sqlite3.connect(tmp_path / "cells.sqlite")) as db:
            return db.execute("pragma journal_mode").fetchone()[0]

    with open_store(tmp_path) as store:
        store.write([record(A)])
    assert mode() == "wal"
    with monkeypatch.context() as there:
        nfs(there)
        with open_store(tmp_path, readonly=True) as store:
            assert store.ids() == {A}
        with open_store(tmp_path) as store:
            store.write([record(B)])
        assert mode() != "wal"
    with open_store(tmp_path) as store:
        assert store.ids() == {A, B}
    assert mode() == "wal"


def claimed(folder, **changes):
    """A claim as another run left it."""
    mine = claim.Holder("node-3", 4711, "another boot", "12345", "token")
    given = {name: getattr(mine, name) for name in mine.__slots__ if not name.startswith("__")}
    (folder / claim.NAME).write_text(json.dumps(given | changes))


def age(folder, seconds):
    then = time.time() - seconds
    os.utime(folder / claim.NAME, (then, then))


def test_a_fresh_claim_of_another_machine_is_refused_by_name(tmp_path, monkeypatch):
    nfs(monkeypatch)
    claimed(tmp_path)
    with pytest.raises(DdspecError, match=r"pid 4711 on node-3") as caught:
        open_store(tmp_path)
    assert any("if node-3 is gone, wait 5 minutes" in line for line in caught.value.help)
    assert any(str(tmp_path / ".cells.owner") in line for line in caught.value.help)


def test_a_claim_of_another_machine_that_was_silent_for_minutes_is_taken_over(
    tmp_path, monkeypatch
):
    nfs(monkeypatch)
    claimed(tmp_path)
    age(tmp_path, 290)
    with pytest.raises(DdspecError, match="another run is writing"):
        open_store(tmp_path)
    age(tmp_path, 310)
    with open_store(tmp_path) as store:
        store.write([record(A)])


def test_a_claim_whose_pid_is_another_process_now_is_taken_over(tmp_path, monkeypatch):
    nfs(monkeypatch)
    machine = claim._machine()
    claimed(tmp_path, machine=machine, pid=os.getpid(), started=claim._started(os.getpid()))
    with pytest.raises(DdspecError, match="another run is writing"):
        open_store(tmp_path)
    claimed(tmp_path, machine=machine, pid=os.getpid(), started="1")
    open_store(tmp_path).close()


def test_a_claim_that_cannot_be_read_is_refused_until_it_is_old(tmp_path, monkeypatch):
    nfs(monkeypatch)
    (tmp_path / claim.NAME).write_text("{")
    with pytest.raises(DdspecError, match="unknown process") as caught:
        open_store(tmp_path)
    assert "delete" in caught.value.help[0]
    age(tmp_path, 310)
    open_store(tmp_path).close()


@pytest.mark.parametrize("gone", [True, False])
def test_a_run_that_was_taken_over_writes_nothing_more(tmp_path, monkeypatch, gone):
    nfs(monkeypatch)
    with open_store(tmp_path) as store:
        store.write([record(A)])
        claimed(tmp_path)
        if gone:
            (tmp_path / claim.NAME).unlink()
        with pytest.raises(DdspecError, match=r"has taken .* over from this one"):
            store.write([record(B)])
        assert store.ids() == {A}
    assert (tmp_path / claim.NAME).exists() != gone


def test_a_writer_keeps_its_claim_fresh(tmp_path, monkeypatch):
    nfs(monkeypatch)
    monkeypatch.setattr(claim, "BEAT", 0.01)
    with open_store(tmp_path):
        age(tmp_path, 1000)
        until = time.monotonic() + 20
        while time.time() - (tmp_path / claim.NAME).stat().st_mtime > 500:
            assert time.monotonic() < until
            time.sleep(0.01)


@pytest.mark.parametrize("kind", ["nfs", "lockless"])
def test_of_two_processes_the_second_is_refused_until_the_first_is_dead(
    tmp_path, monkeypatch, kind
):
    first = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert first.stdout.readline() == "open\n"
        (nfs if kind == "nfs" else lockless)(monkeypatch)
        with pytest.raises(DdspecError, match=f"another run is writing .*pid {first.pid} on "):
            open_store(tmp_path)
        with pytest.raises(InUseError, match=f"pid {first.pid} on "):
            open_store(tmp_path, readonly=True)
        os.kill(first.pid, signal.SIGKILL)
    finally:
        first.kill()
        first.communicate()
    with open_store(tmp_path, readonly=True) as store:
        assert store.ids() == {B}
    with open_store(tmp_path) as store:
        store.write([record(A)])
        assert store.ids() == {A, B}


def test_status_tells_what_a_run_says_that_keeps_its_store_to_itself(tmp_path, monkeypatch):
    nfs(monkeypatch)
    with open_store(tmp_path), beating(tmp_path, Advance()):
        result = CliRunner().invoke(ddspec, ["status", str(tmp_path)])
        assert (result.exit_code, result.stderr) == (0, "")
        assert "its run keeps the store to itself; the run says:" in result.stdout
        assert f"running (pid {os.getpid()} on " in result.stdout
        result = CliRunner().invoke(ddspec, ["status", str(tmp_path), "--json"])
        assert json.loads(result.stdout)["cells"] is None
    with open_store(tmp_path):
        (tmp_path / "progress.json").unlink()
        result = CliRunner().invoke(ddspec, ["status", str(tmp_path)])
        assert result.exit_code == 1
        assert "keeps it to itself" in result.stderr
