"""A dataset to the numbers a reader of the page may look up: means and spread over seeds."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import xarray as xr

from ddspec.analysis.ends import averaged, ends, replicates, standard_error, trajectory

RISKS: Final = ("test_error", "train_error", "validation_error",
                "test_loss", "train_loss", "validation_loss")  # fmt: skip
MOST: Final = 60_000  # numbers of one quantity: the page stays below a few megabytes
DIGITS: Final = 5


def readings(dataset: xr.Dataset) -> dict[str, Any]:
    """What the page's own chart shows, as JSON takes it.

    axes: name, title, whether numeric, values; quantities: name, title, the axes it lies over, and
    row-major the means and standard errors over replicates, null where there is no value. With too
    many readings along training only the ends are kept.
    """
    along = trajectory(dataset)
    sizes = {str(name): dataset.sizes[name] for name in dataset.sizes}
    over = set(replicates(dataset))
    grid = math.prod(size for name, size in sizes.items() if name not in over)
    whole = along is not None and grid <= MOST
    names = [name for name in RISKS if name in dataset]
    found = {name: dataset[name] if whole else ends(dataset, name) for name in names}
    quantities = [_quantity(dataset, name, values) for name, values in found.items()]
    used = dict.fromkeys(axis for quantity in quantities for axis in quantity["axes"])
    return {"axes": [_axis(dataset, name) for name in used], "quantities": quantities}


def _axis(dataset: xr.Dataset, name: str) -> dict[str, Any]:
    values = dataset[name].values
    unit = str(dataset[name].attrs.get("units", "1"))
    return {
        "name": name,
        "title": name if unit in ("1", "", name) else f"{name} ({unit})",
        "numeric": values.dtype.kind in "if",
        "values": [None if each != each else each for each in values.tolist()],  # noqa: PLR0124
    }


def _quantity(dataset: xr.Dataset, name: str, values: xr.DataArray) -> dict[str, Any]:
    mean = averaged(dataset, values)
    return {
        "name": name,
        "title": str(values.attrs.get("long_name", name)),
        "share": name.endswith("error"),
        "axes": [str(each) for each in mean.dims],
        "mean": _numbers(mean),
        "spread": _numbers(standard_error(dataset, values)),
    }


def _numbers(values: xr.DataArray) -> list[float | None]:
    flat = values.values.astype(np.float64).reshape(-1).tolist()
    return [float(f"{each:.{DIGITS}g}") if math.isfinite(each) else None for each in flat]
