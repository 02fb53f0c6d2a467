"""Report words to findings: what a spec asks to be read off its finished dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import xarray as xr

from ddspec.analysis.ends import averaged, ends, replicates, trajectory
from ddspec.errors import DdspecError
from ddspec.vocabulary.kinds import Report
from ddspec.vocabulary.reports.argmax import Argmax

SHOWN: Final = 40  # lines of one finding; the dataset has them all


def find(dataset: xr.Dataset, reports: Mapping[str, Report]) -> xr.Dataset:
    """The findings that `reports` name, each over the design points that remain.

    Raises DdspecError when a report reads what the dataset does not have.
    """
    return xr.Dataset({name: _FINDERS[type(each)](dataset, each) for name, each in reports.items()})


def tell(findings: xr.Dataset) -> Iterator[str]:
    """Findings in lines: what was found, then its value at every design point."""
    for name, values in findings.data_vars.items():
        yield f"{name}: {values.attrs['long_name']}"
        points = values.stack(point=values.dims) if values.dims else values.expand_dims("point")
        for number, point in enumerate(points.transpose("point")):
            if number == SHOWN:
                yield f"  ... ({values.size:,} points in all)"
                break
            place = ", ".join(f"{d} = {_text(point[d].item())}" for d in values.dims)
            yield f"  {place or 'value'}: {_text(point.item())}"


def argmax(dataset: xr.Dataset, of: str, along: str) -> xr.DataArray:
    """The label of `along` at which the mean over replicates of `of`, at the end, is largest.

    Over the remaining design dimensions; NaN (or empty text) where nothing was recorded. The first
    of equals. Raises DdspecError when the dataset lacks the variable or the axis.
    """
    if of not in dataset.data_vars:
        raise DdspecError(
            f"argmax: the dataset has no variable `{of}`",
            f"it has {', '.join(map(str, dataset.data_vars))}",
        )
    risk = averaged(dataset, ends(dataset, of))
    if along not in risk.dims:
        raise DdspecError(
            f"argmax: `{of}` has no axis `{along}`", f"it has {', '.join(map(str, risk.dims))}"
        )
    there = risk.notnull().any(along)
    place = risk.fillna(-np.inf).argmax(along)
    labels = dataset[along].drop_vars([n for n in dataset[along].coords if n != along])
    found = labels.isel({along: place}).drop_vars(along)
    empty = "" if labels.dtype.kind == "U" else np.nan
    found = found.where(there, empty).rename("argmax")
    at = "" if trajectory(dataset) is None else f" at the last of the {trajectory(dataset)}"
    over = "".join(f", mean over {name}" for name in replicates(dataset))
    found.attrs = {
        "long_name": f"{along} with the largest {of}{at}{over}",
        "units": dataset[along].attrs.get("units", "1"),
    }
    return found


_FINDERS: Final[Mapping[type[Report], Callable[[xr.Dataset, Any], xr.DataArray]]] = {
    Argmax: lambda dataset, report: argmax(dataset, report.of, report.along),
}


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
