"""One netCDF file a cell, put together by xarray: what one writes without a store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr


def cell_files(folder: Path, cells: int, names: int, epochs: int) -> None:
    """Write so many files of one cell each, and read them into one dataset."""
    values = np.random.default_rng(0).random((names, epochs), np.float32)
    paths = [folder / f"cell{n}.nc" for n in range(cells)]
    for n, path in enumerate(paths):
        made = {f"q{k}": (("cell", "epochs"), values[k : k + 1]) for k in range(names)}
        xr.Dataset(made, {"cell": [n]}).to_netcdf(path, engine="netcdf4")
    parts = []
    for path in paths:
        with xr.open_dataset(path, engine="netcdf4") as one:
            parts.append(one.load())
    xr.concat(parts, "cell")
