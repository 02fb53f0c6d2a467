"""What a report on tuned numbers asks of its evidence: which dataset, risk, and axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.curves import axis_name, risk_name
from ddspec.analysis.evidence import Evidence
from ddspec.analysis.points import label
from ddspec.analysis.questions import composition_axis
from ddspec.analysis.tuning.tried import strength_axes
from ddspec.errors import DdspecError
from ddspec.vocabulary.tuning import Tuning


@attrs.frozen(eq=False)
class Asked:
    """A dataset with the axes `strengths`, the risk `of`, and the axis of compositions, if any."""

    dataset: xr.Dataset
    strengths: tuple[str, ...]
    of: str
    over: str | None

    def along(self, wanted: str) -> str:
        """The axis that is wanted; where it was a default that is not swept, another numeric one.

        Raises DdspecError when there is none.
        """
        if wanted in self.dataset.dims:
            return wanted
        return axis_name(self.dataset.isel(dict.fromkeys(self.strengths, 0)))

    def name(self, strength: str) -> str:
        """A strength in words: `l2 strength`."""
        about = str(self.dataset[strength].attrs.get("long_name", strength))
        return about.removesuffix(", candidates")

    def compositions(self, found: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
        """What was found of each composition, by its label; empty where there is no such axis."""
        if self.over is None or self.over not in found.dims:
            yield "", found
            return
        for each in found[self.over].values:
            yield f"{self.over} = {label(each)}", found.sel({self.over: each}, drop=True)


def asked(evidence: Evidence, word: Tuning) -> Asked:
    """What `word` asks: of the candidates of `tune(...)`, or of a swept axis of strengths.

    Raises DdspecError when nothing is tuned and no axis is named, or an axis is missing.
    """
    dataset = evidence.risk if word.strength else evidence.candidates
    if dataset is None:
        raise DdspecError(
            "no number is tuned in this experiment",
            "have one chosen, `l2(tune(...))`, or name a swept axis: `strength: lambda`",
        )
    of = word.of if word.of in dataset else risk_name(dataset)
    over = word.over if word.over in dataset.dims else composition_axis(dataset)
    return Asked(dataset, strength_axes(dataset, word.strength), of, over)


def places(found: xr.Dataset, dims: tuple[str, ...]) -> Iterator[tuple[str, xr.Dataset]]:
    """Every point of some dimensions, in words (`samples = 500, noise = 0`) and what is there."""
    for place in np.ndindex(*(found.sizes[name] for name in dims)):
        point = found.isel(dict(zip(dims, place, strict=True)))
        yield ", ".join(f"{name} = {label(point[name].values[()])}" for name in dims), point


def start(*parts: str) -> str:
    """`reg = decay, samples = 500: `, of the parts that are not empty."""
    told = ", ".join(part for part in parts if part)
    return f"{told}: " if told else ""


def runs(axis: np.ndarray, values: np.ndarray) -> str:
    """Values along an axis, equal neighbors together: `0.01 at 3 to 12, 0.1 at 25`."""
    found: list[list[Any]] = []
    for at, value in zip(axis, values, strict=True):
        if np.isnan(value):
            continue
        if found and found[-1][0] == value:
            found[-1][2] = at
        else:
            found.append([value, at, at])
    return ", ".join(
        f"{label(value)} at {label(low)}" + (f" to {label(high)}" if high != low else "")
        for value, low, high in found
    )
