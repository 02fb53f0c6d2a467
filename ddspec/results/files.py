"""Datasets to netCDF files and back: replaced at once, never changed in place."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import netCDF4
import numpy as np
import xarray as xr

from ddspec.errors import DdspecError
from ddspec.results.assembly import CHUNK, Assembly, Part, chunks_of
from ddspec.results.opening import sync_folder

DEFLATED: Final = {"zlib": True, "complevel": 1, "shuffle": True}

LARGEST: Final = 2**40  # bytes of a variable: more than is ever assembled


def _nothing(dataset: xr.Dataset) -> Mapping[str, str]:
    del dataset
    return {}


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Put `dataset` at `path` as netCDF4; readers see the old file or the new one, whole.

    A notebook that has the old file open keeps reading the old one. Written beside it first and
    flushed to the disk, so that a crash or a power cut loses nothing.
    Raises DdspecError when it cannot be written; the old file is then as it was.
    """
    replace(path, lambda beside: _write(dataset, beside, encoding(dataset)), dataset.nbytes)


def write_assembly(
    assembly: Assembly, path: Path, finish: Callable[[xr.Dataset], Mapping[str, str]] = _nothing
) -> xr.Dataset:
    """Put the dataset of an assembly at `path` in slabs, as `write_dataset` does, and open it.

    finish: the attributes that are known once the dataset is there, which it is given to read; it
    must keep nothing of it that is not in memory.
    """

    def write(beside: Path) -> None:
        _write_slabs(assembly, beside)
        with xr.open_dataset(beside, engine="netcdf4") as made:
            attributes = finish(made)
        with netCDF4.Dataset(beside, "a") as file:
            file.setncatts(attributes)

    large = sum(4 * len(part.about) * math.prod(part.sizes.values()) for part in assembly.parts)
    replace(path, write, assembly.frame.nbytes + large)
    return _open(path)


def _write_slabs(assembly: Assembly, path: Path) -> None:
    frame = assembly.frame
    around = frame.drop_vars(list(frame.data_vars))
    around.to_netcdf(path, engine="netcdf4", format="NETCDF4")
    with netCDF4.Dataset(path, "a") as file:
        for part in assembly.parts:
            _write_part(part, around, file)
    if frame.data_vars:
        frame.to_netcdf(path, mode="a", engine="netcdf4", encoding=encoding(frame))


def _write_part(part: Part, around: xr.Dataset, file: netCDF4.Dataset) -> None:
    for name, size in part.sizes.items():
        if name not in file.dimensions:
            file.createDimension(name, size)
    chunks = part.chunks(_replicates(around))
    empty = not all(part.sizes.values())
    beside = sorted(
        str(name)
        for name, each in around.coords.items()
        if name not in around.dims and set(each.dims) <= set(part.sizes)
    )
    there = {"coordinates": " ".join(beside)} if beside else {}  # as xarray says it
    for name, about in part.about.items():
        made = file.createVariable(
            *(name, "f4", tuple(part.sizes)),
            zlib=bool(chunks) and not empty,
            complevel=1,
            chunk_cache=CHUNK,
            chunksizes=None if empty else chunks,
            fill_value=np.nan,
        )
        made.setncatts({**about, **there})
    if empty:
        return
    for block in part.blocks(chunks):
        for name, values in (part.read(block) or {}).items():
            file[name][block or ...] = values


def write_groups(datasets: Mapping[str, xr.Dataset], path: Path) -> None:
    """Put datasets at `path` as the groups of one netCDF4 file, as `write_dataset` does; none of
    them take the file away. Read one back with `xarray.open_dataset(path, group=NAME)`.
    """
    if not datasets:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(exist_ok=True)
    tree = xr.DataTree.from_dict(dict(datasets))
    replace(path, lambda beside: tree.to_netcdf(beside, engine="netcdf4"), tree.nbytes)


def replace(path: Path, write: Callable[[Path], object], size: int) -> None:
    """Replace a file at once by what `write` puts beside it; `size`: its bytes, about."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        for left in path.parent.glob(f".{path.name}.*.tmp"):  # of a run that was killed here
            left.unlink()
        write(temporary)
        _sync_file(temporary)
        temporary.replace(path)
        sync_folder(path.parent)
    except (OSError, RuntimeError) as error:  # netCDF4 reports a full disk as a RuntimeError
        # The netCDF library says `Permission denied` when a disk is full.
        full = shutil.disk_usage(path.parent).free < size
        raise DdspecError(
            f"cannot write {path}: {'no space left on its disk' if full else error}",
            "free some space or check the folder, then run again",
            "finished cells are kept in cells.sqlite and need no training",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _write(dataset: xr.Dataset, path: Path, how: Mapping[str, Any]) -> None:
    dataset.to_netcdf(path, engine="netcdf4", format="NETCDF4", encoding=how)


def encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """How each variable lies in the file: deflated, in chunks made for plots."""
    return {
        str(name): {
            **DEFLATED,
            "chunksizes": chunks(variable, dataset),
        }
        for name, variable in dataset.data_vars.items()
        if variable.size and variable.ndim
    }


def chunks(variable: xr.DataArray, dataset: xr.Dataset) -> tuple[int, ...]:
    """Sizes of a variable's chunks in the file of its dataset."""
    sizes = {str(name): size for name, size in variable.sizes.items()}
    return chunks_of(sizes, variable.dtype.itemsize, _replicates(dataset))


def _replicates(dataset: xr.Dataset) -> list[str]:
    return str(dataset.attrs.get("sample_dims", "")).split()


def open_dataset(folder: Path) -> xr.Dataset | dict[str, xr.Dataset]:
    """The dataset of a run folder, values read when used; a dict by experiment when it has several.

    Raises DdspecError when there is none or one cannot be read.
    """
    datasets = open_all(folder)
    return datasets.popitem()[1] if len(datasets) == 1 else datasets


def open_all(folder: Path) -> dict[str, xr.Dataset]:
    """The datasets of a run folder by experiment; raises as `open_dataset` does."""
    paths = sorted(folder.glob("*.nc"))
    if not paths:
        raise DdspecError(f"{folder} holds no dataset", f"make one: ddspec run SPEC --out {folder}")
    return {path.stem: _open(path) for path in paths}


def open_one(path: Path) -> xr.Dataset | None:
    """The dataset in a file, None without one; raises DdspecError when it cannot be read."""
    return _open(path) if path.exists() else None


def _open(path: Path) -> xr.Dataset:
    again = "run the spec again: the file is made from cells.sqlite"
    if path.exists() and not path.is_file():
        raise DdspecError(f"cannot read {path}: it is no file", again)
    try:
        found = xr.open_dataset(path, engine="netcdf4")
    except Exception as error:
        raise DdspecError(f"cannot read {path}: {error}", again) from error
    for name, variable in found.variables.items():
        if variable.nbytes > LARGEST:
            found.close()
            claims = f"its variable `{name}` claims {variable.nbytes:.3g} bytes"
            raise DdspecError(f"cannot read {path}: {claims}", again)
    return found


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
