"""Compositions to families by what their terms depend on: the model, the data, both, neither."""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
import xarray as xr

from ddspec.analysis.composition.choosing import of_choices
from ddspec.analysis.composition.compositions import along
from ddspec.analysis.composition.contributions import LEVEL, Statistic, alike, risks, tables
from ddspec.errors import DdspecError

TRAITS: Final = {"model_dependent": "model", "data_dependent": "data", "trajectory": "trajectory"}


def families(
    dataset: xr.Dataset,
    of: str = "test_error",
    over: str = "reg",
    select: str = "",
    *,
    level: float = LEVEL,
) -> xr.Dataset:
    """Model-dependent against data-dependent regularizers, against both together, against none.

    A family is the set of traits that occur in a composition, by the coordinates `model_dependent`
    (penalties: l1, l2, ...), `data_dependent` (dropout, batch norm, ...) and `trajectory` (early
    stopping, ...): `none`, `model`, `data`, `model + data`, .... `best`: of a family the
    composition with the least `select` (if nothing is named, the validation risk of the same kind),
    chosen at each design point for every seed on the other seeds (`choosing.cross_fitted`): larger
    families have more to choose from. `mean`: over all compositions of the family. Differences,
    `data - model`: negative, the first has the lower `of`. Paired by whole seed; intervals are
    Student's over seeds, of choices by the jackknife.

    Returns the variables of `contributions.tables` named `best...`, `mean...` over (family, design
    axes) and `best_difference...`, `mean_difference...` over (pair, design axes), in units of `of`;
    `compositions` counts those of a family.

    Source: Kukačka, Golkov & Cremers, "Regularization for deep learning: a taxonomy", 2017.
    Raises DdspecError when the axis lacks the coordinates, and when there is one family only.
    """
    select = select or alike(of)
    found = risks(dataset, of, over, select)
    labels = _labels(found.around, over)
    names = sorted(set(labels), key=lambda name: (name.count("+"), _rank(name)))
    if len(names) == 1:
        raise DdspecError(f"all compositions along `{over}` are of one family, {names[0]}")
    groups = [np.flatnonzero(labels == name) for name in names]
    pairs = list(combinations(range(len(names)), 2))
    contrast = np.zeros((len(names), len(pairs)))
    for n, (first, second) in enumerate(pairs):
        contrast[[second, first], n] = 1.0, -1.0
    titles = [f"{names[second]} - {names[first]}" for first, second in pairs]
    means = np.stack([np.isin(np.arange(len(labels)), g) / len(g) for g in groups], axis=1)
    against = means @ contrast
    nothing, every = np.arange(0), np.arange(len(labels))
    made = tables(
        found,
        Statistic("best", "family", names, of_choices(groups, lambda chosen: chosen),
                  f"{of} of the best of a family", nothing, choosing=True),
        Statistic("best_difference", "pair", titles,
                  of_choices(groups, lambda chosen: chosen @ contrast),
                  f"difference of {of} of the best of two families", nothing, choosing=True),
        Statistic("mean", "family", names, lambda values: values[..., 0] @ means,
                  f"mean {of} of a family", every),
        Statistic("mean_difference", "pair", titles, lambda values: values[..., 0] @ against,
                  f"difference of the mean {of} of two families", every),
        level=level,
    )  # fmt: skip
    counts = ("family", list(map(len, groups)), {"long_name": "compositions", "units": "1"})
    said = f"leave one seed out: the least {select} of the other seeds"
    return made.assign(compositions=counts).assign_attrs(chosen=said)


def _labels(dataset: xr.Dataset, over: str) -> np.ndarray:
    """The family of every composition."""
    flags = {short: along(dataset, over, name) for name, short in TRAITS.items()}
    known = {short: values for short, values in flags.items() if values is not None}
    if not {"model", "data"} <= known.keys():
        raise DdspecError(
            f"nothing says what the terms along `{over}` depend on",
            f"give it the boolean coordinates {', '.join(TRAITS)}",
        )
    count = dataset.sizes[over]
    return np.asarray(
        [" + ".join(s for s, values in known.items() if values[n]) or "none" for n in range(count)]
    )


def _rank(name: str) -> int:
    return ["none", *TRAITS.values()].index(name.partition(" + ")[0])
