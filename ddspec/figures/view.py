"""A dataset and what is asked for to the part of it that a figure shows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.ends import replicates
from ddspec.errors import DdspecError
from ddspec.figures.roles import design, near, numeric, risk_of, terms, width_axis
from ddspec.figures.words import axis_title, plain, spaced, value_words

CLOSE = 1e-6  # relative; labels are what a spec wrote, to six digits


@attrs.frozen(eq=False)
class View:
    """What a figure shows.

    dataset: with no design axis left but those that the figure spreads out, and the replicates.
    of: the quantity. fixed: at which values of the other axes, in words.
    """

    dataset: xr.Dataset
    of: str
    fixed: str

    @property
    def runs(self) -> int:
        """How many replicates every point has."""
        return math.prod(self.dataset.sizes[name] for name in replicates(self.dataset))


def view(
    dataset: xr.Dataset, of: str | None, keep: Iterable[str | None], sel: Mapping[str, Any]
) -> View:
    """The part of a dataset at the labels `sel`, with the axes `keep` whole.

    A selection of several labels keeps its axis. Other design axes are never averaged over: they
    are taken at their last value, or at their first where they are text (where some values have
    fewer results, of those that have most), and `fixed` says so. Raises DdspecError for a quantity,
    an axis or a label that is not there.
    """
    quantity = risk_of(dataset, of)
    kept = {along(dataset, name) for name in keep if name is not None}
    told = []
    for name in [*sel, *(n for n in design(dataset) if n not in sel)]:
        if name in sel:
            dataset = dataset.isel({name: _places(dataset, name, sel[name])})
        elif name not in kept:
            whole = dataset.sizes[name] > 1
            dataset = dataset.isel({name: [_usual(dataset, quantity, name)]})
            if not whole:
                dataset = dataset.isel({name: 0}, drop=True)
                continue
        if dataset.sizes[name] == 1 and name not in kept:
            told.append(_told(dataset, name))
            dataset = dataset.isel({name: 0})
    return View(dataset, quantity, ", ".join(told))


def along(dataset: xr.Dataset, name: str) -> str:
    """The dimension that `name` lies along: itself, or that of a coordinate such as `parameters`.

    Raises DdspecError when the dataset has no such axis.
    """
    if name in dataset.dims:
        return name
    known = [*map(str, dataset.dims), *_numbers(dataset)]
    if name not in _numbers(dataset):
        raise DdspecError(
            f"the dataset has no axis `{name}`{near(name, known)}", f"it has {', '.join(known)}"
        )
    dims = [str(each) for each in dataset[name].dims]
    first = [each for each in (width_axis(dataset), *numeric(dataset)) if each in dims]
    return first[0] if first else dims[0]


def _usual(dataset: xr.Dataset, of: str, name: str) -> int:
    """Where along an axis a figure is drawn unless told."""
    if name not in dataset[of].dims:
        return -1
    count = dataset[of].notnull().sum([n for n in dataset[of].dims if n != name]).values
    best = np.flatnonzero(count == count.max())
    return int(best[-1 if dataset[name].dtype.kind in "if" else 0])


def _told(dataset: xr.Dataset, name: str) -> str:
    """The one value of an axis in words, which say what kind of thing `none` is."""
    words = value_words(dataset, name, dataset[name].values[0].item())
    return f"{axis_title(dataset, name)} {words}" if words == "none" else spaced(words)


def _numbers(dataset: xr.Dataset) -> list[str]:
    """The coordinates that are no dimensions and number the points of one or more."""
    return [
        str(name)
        for name, values in dataset.coords.items()
        if name not in dataset.dims and values.ndim and values.dtype.kind in "if"
    ]


def _places(dataset: xr.Dataset, name: str, wanted: Any) -> list[int]:
    """Where the labels wanted, one or several, lie along an axis."""
    if name not in dataset.dims:
        known = list(map(str, dataset.dims))
        raise DdspecError(
            f"the dataset has no axis `{name}`{near(name, known)}", f"it has {', '.join(known)}"
        )
    several = isinstance(wanted, (list, tuple, np.ndarray))
    return [_place(dataset, name, each) for each in (wanted if several else [wanted])]


def _place(dataset: xr.Dataset, name: str, wanted: Any) -> int:
    """Where one label lies along an axis; text is read as a label of the axis would be."""
    values = dataset[name].values
    if values.dtype.kind in "if":
        number = _number(wanted)
        same = np.isnan(values) if math.isnan(number) else np.isclose(values, number, rtol=CLOSE)
    elif values.dtype.kind == "b":
        same = values == (str(wanted).lower() == "true")
    else:
        same = np.array([terms(str(each)) == terms(str(wanted)) for each in values])
    if not same.any() or (isinstance(wanted, str) and values.dtype.kind in "if" and _bad(wanted)):
        labels = [plain(v) if values.dtype.kind in "if" else str(v) for v in values]
        text = wanted if isinstance(wanted, str) else plain(wanted)
        shown = labels if values.dtype.kind in "if" else [f"`{label}`" for label in labels]
        guess = near(text, labels) if values.dtype.kind == "U" else ""
        raise DdspecError(f"`{name}` has no value `{text}`{guess}", f"it has {', '.join(shown)}")
    return int(same.argmax())


def _number(wanted: Any) -> float:
    """`4_000`, `4,000` and `15%` as numbers; NaN for what is none."""
    if not isinstance(wanted, str):
        return float(wanted)
    text, share = wanted.strip().replace("_", "").replace(",", ""), wanted.strip().endswith("%")
    try:
        return float(text.removesuffix("%")) / (100 if share else 1)
    except ValueError:
        return math.nan


def _bad(text: str) -> bool:
    """True for text that is neither a number nor the level of cells without the axis."""
    return math.isnan(_number(text)) and text.strip().lower() not in ("nan", "none")
