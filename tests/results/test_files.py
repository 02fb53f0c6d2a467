"""A dataset's file is there whole or not at all, and plain xarray reads it."""

import shutil
import subprocess
import sys
import textwrap

import netCDF4
import numpy as np
import pytest
import xarray as xr

from ddspec.errors import DdspecError
from ddspec.plan.expand import expand
from ddspec.results import assembly
from ddspec.results.assemble import assemble
from ddspec.results.assembly import CHUNK
from ddspec.results.files import chunks, open_dataset, write_assembly, write_dataset
from ddspec.results.store import open_store
from tests.results.made import VALIDATED, curve, dataset, everything, solved, tuned

PLAIN = """
import sys, importlib.abc
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in {"ddspec", "torch", "ray"}:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import xarray as xr
ds = xr.open_dataset(sys.argv[1])
print(ds.test_error.sel(width=4).mean("seed").isel(epochs=-1).item())
print(ds.attrs["spec"], ds.parameters.values.tolist(), "ddspec" in sys.modules)
"""


@pytest.fixture
def made(tmp_path):
    return dataset(tmp_path, curve())


def test_a_dataset_comes_back_as_it_was(made, tmp_path):
    write_dataset(made, tmp_path / "curve.nc")
    with open_dataset(tmp_path) as found:
        assert found.load().identical(made)


@pytest.mark.parametrize("slab", [1, 2**24])
@pytest.mark.parametrize("experiment", [curve(), curve(points=()), tuned(), solved()])
def test_a_dataset_written_in_slabs_is_the_one_in_memory(tmp_path, monkeypatch, experiment, slab):
    plan = expand(experiment)
    with open_store(tmp_path) as store:
        store.write(everything(plan, names=VALIDATED)[1:])
        made = assemble(plan, store, provenance={"spec": "dd 1\n"})
        whole = made.load()
        monkeypatch.setattr(assembly, "SLAB", slab)
        written = write_assembly(made, tmp_path / "curve.nc", lambda ds: {"mean": str(ds.seed[0])})
    with written as found:
        assert "mean" in found.attrs
        del found.attrs["mean"]
        assert found.load().identical(whole)
        assert list(found.data_vars) == list(whole.data_vars)
    with netCDF4.Dataset(tmp_path / "curve.nc") as file:
        assert file["test_loss"].filters()["zlib"]
        assert file["test_loss"].chunking() == [*chunks(whole.test_loss, whole)]


def test_a_dataset_that_cannot_be_finished_leaves_the_old_one(tmp_path):
    plan, path = expand(curve()), tmp_path / "curve.nc"
    with open_store(tmp_path) as store:
        made = assemble(plan, store, provenance={"spec": "1"})
        write_assembly(made, path).close()
        store.write(everything(plan))
        store._db.execute("update readings set series = x'00' where number = 3")
        made = assemble(plan, store, provenance={"spec": "2"})
        with pytest.raises(DdspecError, match="has lost readings"):
            write_assembly(made, path)
    with xr.open_dataset(path) as found:
        assert found.attrs["spec"] == "1"
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize("shape", [(7, 5), (1, 9), (12,), ()])
@pytest.mark.parametrize("slab", [1, 64, 400, 10**6])
def test_blocks_cover_the_grid_once_and_hold_little(monkeypatch, shape, slab):
    monkeypatch.setattr(assembly, "SLAB", slab)
    sizes = dict(zip("abc", (*shape, 4), strict=False))
    part = assembly.Part(sizes, len(shape), {}, lambda block: None, 16)
    seen = np.zeros(shape, int)
    for block in part.blocks(part.chunks(())):
        seen[block] += 1
        assert seen[block].size * 16 <= max(slab, 16)
    assert (seen == 1).all()


def test_plain_xarray_reads_it_where_ddspec_cannot_be_imported(made, tmp_path):
    path = tmp_path / "curve.nc"
    write_dataset(made, path)
    done = subprocess.run(
        [sys.executable, "-I", "-c", textwrap.dedent(PLAIN), str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    value, spec, rest = done.stdout.splitlines()
    assert float(value) == pytest.approx(made.test_error.sel(width=4, epochs=4).mean().item())
    assert spec == "dd 1"
    assert rest == " [112, 214, 418] False"


def test_a_notebook_that_has_the_old_file_open_keeps_it(made, tmp_path):
    path = tmp_path / "curve.nc"
    write_dataset(made, path)
    with xr.open_dataset(path) as before:
        write_dataset(made + 1, path)
        np.testing.assert_array_equal(before.test_loss, made.test_loss)
        with xr.open_dataset(path) as after:
            np.testing.assert_array_equal(after.test_loss, made.test_loss + 1)


def test_another_process_that_has_the_old_file_open_keeps_it(made, tmp_path):
    path = tmp_path / "curve.nc"
    write_dataset(made, path)
    script = (
        "import sys, xarray as xr; ds = xr.open_dataset(sys.argv[1]); print('open', flush=True);"
        "sys.stdin.readline(); print(ds.test_loss.max().item())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout.readline() == "open\n"
        write_dataset(made + 100, path)
        out, _ = reader.communicate("\n", timeout=60)
    assert float(out) == pytest.approx(made.test_loss.max().item())


def test_leftovers_of_a_killed_run_are_swept_up(made, tmp_path):
    (tmp_path / ".curve.nc.123.tmp").write_bytes(b"half")
    (tmp_path / ".other.nc.123.tmp").write_bytes(b"half")
    write_dataset(made, tmp_path / "curve.nc")
    names = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert names == {"curve.nc", ".other.nc.123.tmp"}


def test_a_failed_write_leaves_the_old_file(made, tmp_path, monkeypatch):
    path = tmp_path / "curve.nc"
    write_dataset(made, path)

    def full(*args, **kwargs):
        (tmp_path / kwargs.get("path", args[1])).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    with pytest.raises(DdspecError, match="No space left on device"):
        write_dataset(made + 1, path)
    usage = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DdspecError, match="no space left on its disk"):
        write_dataset(made + 1, path)
    monkeypatch.undo()
    with xr.open_dataset(path) as found:
        np.testing.assert_array_equal(found.test_loss, made.test_loss)
    assert not list(tmp_path.glob(".*.tmp"))


def test_several_experiments_open_as_a_dict(made, tmp_path):
    for name in ("peak", "ridge"):
        write_dataset(made, tmp_path / f"{name}.nc")
    found = open_dataset(tmp_path)
    assert list(found) == ["peak", "ridge"]
    for each in found.values():
        each.close()


def test_opening_reads_no_values(made, tmp_path):
    write_dataset(made, tmp_path / "curve.nc")
    with open_dataset(tmp_path) as found:
        assert not found.test_loss.variable._in_memory


def test_a_folder_without_datasets_is_said(tmp_path):
    with pytest.raises(DdspecError, match="holds no dataset"):
        open_dataset(tmp_path)


def test_a_damaged_file_is_said(tmp_path):
    (tmp_path / "curve.nc").write_bytes(b"CDF? no" * 100)
    with pytest.raises(DdspecError, match=r"cannot read .*curve\.nc") as caught:
        open_dataset(tmp_path)
    assert "run the spec again" in caught.value.help[0]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"width": 25, "noise": 2, "seed": 5, "epochs": 100}, (25, 2, 5, 100)),
        ({"noise": 40, "width": 25, "seed": 10, "epochs": 100}, (1, 25, 10, 100)),
        ({"width": 100, "noise": 4, "seed": 50, "epochs": 1000}, (100, 1, 1, 1000)),
        ({"lr": 30, "noise": 4}, (30, 4)),
    ],
)
def test_a_chunk_is_the_plane_and_what_fits_beside_it(sizes, expected):
    variable = xr.DataArray(np.zeros(tuple(sizes.values()), np.float32), dims=tuple(sizes))
    found = chunks(variable, xr.Dataset(attrs={"sample_dims": "seed"}))
    assert found == expected
    plane = sizes.get("width", 1) * sizes.get("epochs", 1)
    assert np.prod(found) * 4 <= max(CHUNK, plane * 4)


def test_the_file_is_chunked_and_deflated_so(made, tmp_path):
    write_dataset(made, tmp_path / "curve.nc")
    with netCDF4.Dataset(tmp_path / "curve.nc") as file:
        assert file["test_loss"].chunking() == [3, 2, 2]
        assert file["test_loss"].filters()["zlib"]
        assert file["test_loss"].filters()["shuffle"]


def test_a_long_spec_fits_in_an_attribute(made, tmp_path):
    made.attrs["spec"] = "# a comment with Greek: λ\n" * 10_000
    write_dataset(made, tmp_path / "curve.nc")
    with open_dataset(tmp_path) as found:
        assert found.attrs["spec"] == made.attrs["spec"]
