"""Read what users keep their samples in: tables of text, numpy archives, netCDF."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ddspec.errors import DdspecError
from ddspec.vocabulary.own import Table


def named(text: str) -> tuple[str, ...]:
    """The names in a list of names with commas between them."""
    return tuple(name for name in map(str.strip, text.split(",")) if name)


def read_csv(path: Path, inputs: str, targets: str) -> Table:
    """The table of a CSV file with a line of names; without `inputs`, all columns but `targets`.

    Raises DdspecError for columns that are not there and cells that are no numbers.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(enumerate(csv.reader(file), 1))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise DdspecError(f"{path} is no CSV in UTF-8: {problem}") from None
    if not rows:
        raise DdspecError(f"{path} is empty", "its first line names the columns")
    names = tuple(map(str.strip, rows[0][1]))
    filled = [(line, row) for line, row in rows[1:] if row]
    for line, row in filled:
        if len(row) != len(names):
            raise DdspecError(f"line {line} of {path} has {len(row)} cells, line 1 {len(names)}")
    wanted = named(targets)
    chosen = named(inputs) or tuple(name for name in names if name not in wanted)
    parts = [_columns(path, names, each, filled) for each in (chosen, wanted)]
    return Table(path, *parts)


def _columns(
    path: Path, names: Sequence[str], chosen: Sequence[str], rows: Sequence[tuple[int, list[str]]]
) -> np.ndarray:
    """The numbers of the chosen columns, (rows, columns)."""
    places = [_place(path, names, name) for name in chosen]
    cells = [[row[place] for place in places] for _, row in rows]
    try:
        return np.array(cells, dtype=float).reshape(len(rows), len(places))
    except ValueError:
        raise _no_number(path, chosen, rows, cells) from None


def _place(path: Path, names: Sequence[str], name: str) -> int:
    if names.count(name) != 1:
        how = "no column" if name not in names else "several columns"
        raise DdspecError(f"{path} has {how} `{name}`", f"its columns are {', '.join(names)}")
    return names.index(name)


def _no_number(
    path: Path, chosen: Sequence[str], rows: Sequence[tuple[int, list[str]]], cells: list[list[str]]
) -> DdspecError:
    for (line, _), row in zip(rows, cells, strict=True):
        for name, cell in zip(chosen, row, strict=True):
            try:
                float(cell)
            except ValueError:
                what = f"`{cell}`" if cell.strip() else "nothing"
                return DdspecError(
                    f"line {line} of {path} has {what} in column `{name}`, not a number",
                    "number what has names, and leave out or fill in what is missing",
                    'or name the columns that are read: `inputs: "a, b"`',
                )
    return DdspecError(f"{path} has a cell that is no number")


def read_npz(path: Path, inputs: str, targets: str) -> Table:
    """The arrays of a numpy archive. Nothing in it is unpickled."""
    wanted = named(f"{inputs},{targets}")
    try:
        with path.open("rb") as raw:
            file = np.load(raw, allow_pickle=False)
            if isinstance(file, np.ndarray):
                raise DdspecError(f"{path} is one array, no archive", "write it with numpy.savez")
            known = tuple(file.files)
            arrays = {name: file[name] for name in known if name in wanted}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as problem:
        raise DdspecError(f"{path} is no numpy archive of numbers: {problem}") from None
    return Table(path, *(_joined(path, arrays, named(text), known) for text in (inputs, targets)))


def read_netcdf(path: Path, inputs: str, targets: str) -> Table:
    """The variables of a netCDF file; the first dimension of the first target counts samples."""
    import xarray

    try:
        with xarray.open_dataset(path, engine="netcdf4", decode_times=False) as file:
            known = tuple(map(str, file.data_vars))
            wanted = named(targets)
            _present(path, (*named(inputs), *wanted), known)
            if not file[wanted[0]].dims:
                raise DdspecError(f"`{wanted[0]}` in {path} is one number, not one a sample")
            first = file[wanted[0]].dims[0]
            arrays = {name: _leading(path, file[name], first) for name in (*named(inputs), *wanted)}
    except (ValueError, OSError) as problem:
        raise DdspecError(f"{path} is no netCDF file: {problem}") from None
    return Table(path, *(_joined(path, arrays, named(text), known) for text in (inputs, targets)))


def _leading(path: Path, variable: Any, first: Any) -> np.ndarray:
    if first not in variable.dims:
        raise DdspecError(
            f"`{variable.name}` in {path} has no dimension `{first}`, which counts samples"
        )
    return np.asarray(variable.transpose(first, ...).values)


def _present(path: Path, wanted: Sequence[str], known: Sequence[str]) -> None:
    for name in wanted:
        if name not in known:
            raise DdspecError(f"{path} has no `{name}`", f"it has {', '.join(known) or 'nothing'}")


def _joined(
    path: Path, arrays: Mapping[str, np.ndarray], wanted: Sequence[str], known: Sequence[str]
) -> np.ndarray:
    """The arrays of some names, side by side: one as it is, several as (n, numbers)."""
    _present(path, wanted, known)
    chosen = [arrays[name] for name in wanted]
    for name, array in zip(wanted, chosen, strict=True):
        if array.ndim == 0 or len(array) != len(chosen[0]):
            raise DdspecError(f"`{name}` in {path} has not a row for each sample of `{wanted[0]}`")
    if len(chosen) == 1:
        return chosen[0]
    return np.concatenate([array.reshape(len(array), -1) for array in chosen], axis=1)
