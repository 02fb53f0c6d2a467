"""Datasets to netCDF files and back: replaced at once, never changed in place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from ddspec.errors import DdspecError
from ddspec.results.store import sync_folder

CHUNK: Final = 2**20  # bytes a chunk may grow to beyond the plane that is always one read
TRAJECTORY: Final = ("epochs", "steps")


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Put `dataset` at `path` as netCDF4; readers see the old file or the new one, whole.

    A notebook that has the old file open keeps reading the old one. Written beside it first and
    flushed to the disk, so that a crash or a power cut loses nothing.
    Raises DdspecError when it cannot be written; the old file is then as it was.
    """
    replace(path, lambda beside: _write(dataset, beside, encoding(dataset)), dataset.nbytes)


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
        temporary.unlink(missing_ok=True)
        # The netCDF library says `Permission denied` when a disk is full.
        full = shutil.disk_usage(path.parent).free < size
        raise DdspecError(
            f"cannot write {path}: {'no space left on its disk' if full else error}",
            "free some space or check the folder, then run again",
            "finished cells are kept in cells.sqlite and need no training",
        ) from error


def _write(dataset: xr.Dataset, path: Path, how: Mapping[str, Any]) -> None:
    dataset.to_netcdf(path, engine="netcdf4", format="NETCDF4", encoding=how)


def encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """How each variable lies in the file: deflated, in chunks made for plots."""
    return {
        str(name): {
            "zlib": True,
            "complevel": 1,
            "shuffle": True,
            "chunksizes": chunks(variable, dataset),
        }
        for name, variable in dataset.data_vars.items()
        if variable.size and variable.ndim
    }


def chunks(variable: xr.DataArray, dataset: xr.Dataset) -> tuple[int, ...]:
    """Sizes of a variable's chunks: the plane of the first design axis x epochs in one read.

    A chunk holds that plane, then the replicates, then the later design axes, as long as it stays
    under CHUNK bytes; one cell a chunk would make files of many times the size.
    """
    replicates = str(dataset.attrs.get("sample_dims", "")).split()
    plane = [d for d in ("width", *variable.dims) if d in variable.dims][:1]
    plane += [d for d in TRAJECTORY if d in variable.dims and d not in plane]
    rest = [d for d in reversed(variable.dims) if d not in plane]
    order = sorted(rest, key=lambda name: name not in replicates)
    sizes = {d: variable.sizes[d] if d in plane else 1 for d in variable.dims}
    for name in order:
        if _bytes(variable, sizes) * variable.sizes[name] > CHUNK:
            break
        sizes[name] = variable.sizes[name]
    return tuple(sizes.values())


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
    try:
        return xr.open_dataset(path, engine="netcdf4")
    except (OSError, ValueError, RuntimeError) as error:
        raise DdspecError(
            f"cannot read {path}: {error}", "run the spec again: the file is made from cells.sqlite"
        ) from error


def _bytes(variable: xr.DataArray, sizes: Mapping[Any, int]) -> int:
    return int(np.prod(list(sizes.values()), dtype=np.int64)) * variable.dtype.itemsize


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
