"""Dataset files against their store: which cannot be read, and which show what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import netCDF4
import numpy as np

from ddspec.results.assembly import SLAB, Assembly
from ddspec.results.files import LARGEST
from ddspec.results.readings import MISSING

FOLDERS: Final = ("", "candidates", "findings")


def unreadable(folder: Path) -> Iterator[tuple[Path, str]]:
    """The datasets of a run folder that cannot be read to their last number, and why."""
    for each in FOLDERS:
        for path in sorted((folder / each).glob("*.nc")):
            reason = fault(path)
            if reason:
                yield path, f"cannot be read: {reason}"


def fault(path: Path) -> str:
    """Why a file cannot be read in full; empty when it can."""
    if not path.is_file():
        return "it is no file"
    try:
        with netCDF4.Dataset(path) as file:
            _read(file)
    except (OSError, RuntimeError, ValueError, AttributeError, LookupError, TypeError) as error:
        return str(error) or type(error).__name__
    return ""


def _read(group: netCDF4.Dataset | netCDF4.Group) -> None:
    """Read every number of a group, a slab at a time."""
    for name in group.ncattrs():
        group.getncattr(name)
    for name, variable in group.variables.items():
        if variable.size * 8 > LARGEST:
            raise ValueError(f"its variable `{name}` claims {variable.size:.3g} numbers")
        if not variable.ndim:
            variable[...]
            continue
        rest = int(np.prod(variable.shape[1:], dtype=np.int64)) * 8
        step = max(SLAB // max(rest, 1), 1)
        for start in range(0, variable.shape[0], step):
            variable[start : start + step]
    for each in group.groups.values():
        _read(each)


def disagreement(path: Path, assembly: Assembly) -> tuple[str, int]:
    """How a dataset contradicts its store, empty when it does not, and how many cells it shows that
    the store does not hold.

    One that is older than the store, written before its last cells came, contradicts nothing.
    """
    try:
        return _disagreement(path, assembly)
    except (OSError, RuntimeError, ValueError, AttributeError, LookupError, TypeError) as error:
        return f"is not as it was written: {error}", 0


def _disagreement(path: Path, assembly: Assembly) -> tuple[str, int]:
    frame = assembly.frame
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        sizes = {name: len(each) for name, each in file.dimensions.items()}
        if any(sizes.get(str(name)) != size for name, size in frame.sizes.items()):
            return "is of another spec than the one beside it", 0
        if assembly.chosen and int(file.getncattr("cells_done")) != int(frame.attrs["cells_done"]):
            return "", 0  # more cells may have made others the chosen ones
        shown, held = np.asarray(file["status"][...]), frame["status"].values
        lost = int(((shown != MISSING) & (held == MISSING)).sum())
        wrong = _wrong(file, assembly, held != MISSING)
    told = f"shows {wrong:,} readings that are not those of the store" if wrong else ""
    return told, lost


def _wrong(file: netCDF4.Dataset, assembly: Assembly, there: np.ndarray) -> int:
    """How many numbers of cells that are `there` in the store differ from those in a file."""
    wrong = 0
    for part in assembly.parts:
        if part.grid < there.ndim:
            continue  # of several cells, of which some may have come since
        for block in part.blocks(part.chunks(())):
            read = part.read(block) or {}
            for name, held in read.items():
                shown = np.asarray(file[name][block or ...])
                seen = there[block].reshape(there[block].shape + (1,) * (shown.ndim - there.ndim))
                wrong += int((seen & np.isfinite(shown) & (shown != held)).sum())
    return wrong
