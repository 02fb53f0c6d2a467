"""The number of regularizers to risk: of the best that many, and of their mean."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ddspec.analysis.composition.choosing import of_choices
from ddspec.analysis.composition.contributions import LEVEL, Statistic, alike, risks, tables
from ddspec.analysis.composition.lattice import whole
from ddspec.errors import DdspecError


def returns(
    dataset: xr.Dataset,
    of: str = "test_error",
    over: str = "reg",
    select: str = "",
    *,
    level: float = LEVEL,
) -> xr.Dataset:
    """Risk with k terms composed, k = 0..R, and what the k-th brings.

    `best`: of the compositions of k terms the one with the least `select` (if nothing is named, the
    validation risk of the same kind), chosen at each design point for every seed on the other seeds
    (`choosing.cross_fitted`). `mean`: over all compositions of k terms, where every subset is
    there. `best_gain` and `mean_gain`: the risk with k terms less that with one fewer, negative
    lowers `of`; of the means of a full lattice the terms are the same in all of them, so that gains
    compare like with like. Terms that all compositions have do not count. Paired by whole seed;
    intervals are Student's over seeds, of choices by the jackknife.

    Returns the variables of `contributions.tables` named `best...`, `mean...` over (terms, design
    axes) and `best_gain...`, `mean_gain...` over (added, design axes), in units of `of`.

    Source: Azen & Budescu, "The dominance analysis approach for comparing predictors in multiple
    regression", 2003 (means over the subsets of a size).
    Raises DdspecError on axes that are not of compositions, and when all have as many terms.
    """
    select = select or alike(of)
    found = risks(dataset, of, over, select)
    extra = found.found.extra()
    sizes = np.unique(extra)
    if len(sizes) == 1:
        raise DdspecError(f"all compositions along `{over}` have equally many terms")
    groups = [np.flatnonzero(extra == size) for size in sizes]
    best = of_choices(groups, lambda chosen: chosen)
    gain = of_choices(groups, lambda chosen: np.diff(chosen, axis=1))
    none, steps = np.arange(0), sizes[1:].tolist()
    statistics = [
        Statistic("best", "terms", sizes.tolist(), best, f"{of} of the best composition", none,
                  choosing=True),
        Statistic("best_gain", "added", steps, gain, f"change of {of} of the best with one term "
                  "more", none, choosing=True),
    ]  # fmt: skip
    balanced = whole(found.found) is not None
    if balanced:
        means = np.stack([np.isin(np.arange(len(extra)), g) / len(g) for g in groups], axis=1)
        every = np.arange(len(extra))
        statistics += [
            Statistic("mean", "terms", sizes.tolist(), lambda values: values[..., 0] @ means,
                      f"mean {of} of the compositions", every),
            Statistic("mean_gain", "added", steps,
                      lambda values: values[..., 0] @ np.diff(means, axis=1),
                      f"change of the mean {of} with one term more", every),
        ]  # fmt: skip
    made = tables(found, *statistics, level=level)
    counts = ("terms", list(map(len, groups)), {"long_name": "compositions", "units": "1"})
    return made.assign(compositions=counts).assign_attrs(
        chosen="leave one seed out: the least " + select + " of the other seeds",
        means="of every subset" if balanced else "not given: subsets of the terms are missing",
    )
