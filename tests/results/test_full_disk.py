"""A disk that is full or read-only: said in words, and what was committed stays."""

import os
import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import xarray as xr

from ddspec.errors import DdspecError
from ddspec.plan.expand import expand
from ddspec.results.assemble import assemble
from ddspec.results.files import write_assembly
from ddspec.results.store import open_store
from ddspec.results.verify import repair, verify
from tests.results.made import curve, everything, record
from tests.results.test_migration import old_store

LIMITED = """
import resource, signal, sys
from pathlib import Path
from ddspec.errors import DdspecError
from ddspec.results.store import open_store
from tests.results.made import record

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
with open_store(Path(sys.argv[1])) as store:
    for n in range(1000):
        try:
            store.write([record(f"{n:064x}", n, points=range(500))])
        except DdspecError as error:
            print(error)
            sys.exit(3)
        print(n, flush=True)
"""


def big(n):
    return record(f"{n:064x}", float(n), points=range(500))


def test_a_file_that_may_not_grow_is_said_and_every_told_cell_is_there(tmp_path):
    script = [sys.executable, "-c", textwrap.dedent(LIMITED), str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    *told, message = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (3, "")
    assert "cannot read or write" in message or "no space left" in message
    assert verify(tmp_path).whole
    with open_store(tmp_path) as store:
        assert {f"{int(n):064x}" for n in told} <= store.ids()
        assert len(told) > 10
        store.write([big(1000)])
        assert len(list(store.read(store.ids()))) == len(store)


def write_on(store, told):
    """Commit cells, one by one; `told`: those that are."""
    for n in range(1000):
        store.write([big(n)])
        told.append(n)


@pytest.fixture
def small(tmp_path):
    """A disk of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs Linux and root")
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder, leave=0):
    """Take the space of a small disk but some bytes."""
    free = shutil.disk_usage(folder).free - leave
    (folder / "ballast").write_bytes(bytes(max(free, 0)))


def test_a_full_disk_is_said_and_every_told_cell_is_there(small):
    told = []
    with open_store(small / "run") as store:
        with pytest.raises(DdspecError, match="no space left to write") as caught:
            write_on(store, told)
        assert "run the same command again" in caught.value.help[0]
        assert len(told) > 10
    assert verify(small / "run").whole
    with open_store(small / "run", readonly=True) as store:
        found = {each.cell: each.values[0, 0] for each in store.read(store.ids())}
    assert found == {f"{n:064x}": np.float32(n) for n in told}


@pytest.mark.parametrize("leave", [0, 4096, 20_000])
def test_a_disk_that_is_full_at_birth_is_said(small, leave):
    fill(small, leave)
    with pytest.raises(DdspecError, match=r"no space left|cannot make|cannot use|cannot write"):
        open_store(small / "run").write([big(0)])
    (small / "ballast").unlink()
    with open_store(small / "run") as store:
        store.write([big(0)])
        assert len(store) == 1


def test_a_full_disk_leaves_the_old_dataset(small):
    plan, path = expand(curve()), small / "curve.nc"
    with open_store(small) as store:
        write_assembly(assemble(plan, store, provenance={"spec": "1"}), path).close()
        store.write(everything(plan))
        fill(small)
        with pytest.raises(DdspecError, match=r"cannot write .*curve\.nc: no space left"):
            write_assembly(assemble(plan, store, provenance={"spec": "2"}), path)
        with xr.open_dataset(path) as found:
            assert found.attrs["spec"] == "1"
        assert not list(small.glob(".*.tmp"))
        (small / "ballast").unlink()
        write_assembly(assemble(plan, store, provenance={"spec": "2"}), path).close()


def test_an_older_store_is_not_migrated_on_a_full_disk(small):
    old_store(small, 1, [big(n) for n in range(20)])
    fill(small)
    with pytest.raises(DdspecError, match=r"no space left|cannot"):
        open_store(small)
    with open_store(small, readonly=True) as store:
        assert len(list(store.read(store.ids()))) == 20
    (small / "ballast").unlink()
    with open_store(small) as store:
        assert len(list(store.read(store.ids()))) == 20


def test_a_store_is_not_repaired_on_a_full_disk(small):
    with open_store(small / "run") as store:
        store.write(big(n) for n in range(20))
    with (small / "run" / "cells.sqlite").open("r+b") as file:
        file.write(bytes(4096))
    before = (small / "run" / "cells.sqlite").read_bytes()
    fill(small, 40_000)
    with pytest.raises(DdspecError, match=r"no space left|cannot"):
        repair(small / "run", verify(small / "run"))
    assert (small / "run" / "cells.sqlite").read_bytes() == before
    (small / "ballast").unlink()
    assert repair(small / "run", verify(small / "run")).sound == 20


def test_a_read_only_disk_is_said_and_can_be_read(small):
    with open_store(small / "run") as store:
        store.write([big(1)])
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    with pytest.raises(DdspecError, match="cannot write to the folder") as caught:
        open_store(small / "run")
    assert "--out" in caught.value.help[0]
    with open_store(small / "run", readonly=True) as store:
        assert len(list(store.read(store.ids()))) == 1
    assert verify(small / "run").whole
