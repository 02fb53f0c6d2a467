"""Compositions to Shapley values: the change of risk by all regularizers, shared out among them."""

from __future__ import annotations

from math import factorial

import numpy as np
import xarray as xr

from ddspec.analysis.composition.contributions import LEVEL, Statistic, risks, tables
from ddspec.analysis.composition.lattice import Lattice, items, lattices, spread


def shapley(
    dataset: xr.Dataset, of: str = "test_error", over: str = "reg", *, level: float = LEVEL
) -> xr.Dataset:
    """The exact Shapley value of every term of a composition axis.

    phi_i = sum over subsets S without i of |S|! (R - |S| - 1)! / R! (v(S + i) - v(S)): the mean
    over all orders in which the R terms can be added of what i changes when it comes. They add up
    to v(all) - v(none); negative lowers `of`. Equal to the main effects where no more than two
    terms interact. Every whole seed has its own, at all design points; intervals are Student's.

    Returns the variables of `contributions.tables` named `shapley...` over (term, design axes), in
    units of `of`. Of several lattices (alternatives) each has its own.

    Source: Shapley, "A value for n-person games", 1953.
    Raises DdspecError where subsets are missing: there is no value without all of them.
    """
    found = risks(dataset, of, over)
    spanned = lattices(found.found)
    groups = [[(term,) for term in lattice.terms] for lattice in spanned]
    weights = spread(spanned, [weighed(each) for each in spanned], len(found.found.labels))
    statistic = Statistic(
        "shapley", "term", items(spanned, groups), lambda values: values[..., 0] @ weights,
        f"Shapley value in {of}", np.unique(np.concatenate([each.places for each in spanned])),
    )  # fmt: skip
    return tables(found, statistic, level=level)


def weighed(lattice: Lattice) -> np.ndarray:
    """The weights of the risks of a lattice's subsets in its terms' Shapley values, (2**R, R)."""
    has, terms = lattice.has(), len(lattice.terms)
    sizes = has.sum(axis=1)[:, None]
    share = [factorial(size) * factorial(terms - size - 1) / factorial(terms)
             for size in range(terms)]  # fmt: skip
    table = np.asarray([*share, 0.0])
    return np.asarray(np.where(has, table[np.maximum(sizes - 1, 0)], -table[sizes]))
