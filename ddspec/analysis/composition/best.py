"""The best composition against the best single regularizer and against none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ddspec.analysis.composition.choosing import chosen, cross_fitted, of_choices
from ddspec.analysis.composition.contributions import LEVEL, Risks, Statistic, alike, risks, tables
from ddspec.errors import DdspecError

COMPOSITION = "composition"
SINGLE = "single"
NONE = "none"


def best_composition(
    dataset: xr.Dataset,
    of: str = "test_error",
    over: str = "reg",
    select: str = "",
    *,
    level: float = LEVEL,
) -> xr.Dataset:
    """Does composing beat the best single regularizer, and none?

    `risk` of the best composition of two or more terms, of the best single term and of none, and
    `difference`, the first less each of the others and `single - none`: negative, the first is
    better. Which is best is chosen at each design point by the least `select` (if nothing is named,
    the validation risk of the same kind), for every seed on the other seeds, and read off that seed
    (`choosing.cross_fitted`): neither the test set nor the luck of a seed chooses what is reported.
    Intervals are Student's on the jackknife over whole seeds, which counts that seeds choose for
    each other; `difference_at_once_...` hold for all design points and comparisons at once
    (`intervals.simultaneous`). Terms that all compositions have do not count; where no composition
    is without others, there is no comparison with none.

    Returns the variables of `contributions.tables` named `risk...` over (kind, design axes) and
    `difference...` over (pair, design axes), in units of `of`; `choice` over (kind, design axes),
    the label that all seeds together choose, and `agreement`, the share of seeds for which the
    others choose the same.

    Source: Varma & Simon, "Bias in error estimation when using cross-validation for model
    selection", 2006 (choosing and reporting apart); Westfall & Young, "Resampling-based multiple
    testing", 1993 (all at once).
    Raises DdspecError when there is no composition of two terms, or neither a single one nor none.
    """
    select = select or alike(of)
    found = risks(dataset, of, over, select)
    groups = _groups(found, over)
    names = list(groups)
    pairs = [(a, b) for n, a in enumerate(names) for b in names[n + 1 :]]
    contrast = np.zeros((len(names), len(pairs)))
    for n, (first, second) in enumerate(pairs):
        contrast[names.index(first), n], contrast[names.index(second), n] = 1.0, -1.0
    members = list(groups.values())
    needs = groups.get(NONE, np.arange(0))
    made = tables(
        found,
        Statistic("risk", "kind", names, of_choices(members, lambda chosen: chosen),
                  f"{of} of the best", needs, choosing=True),
        Statistic("difference", "pair", [f"{a} - {b}" for a, b in pairs],
                  of_choices(members, lambda chosen: chosen @ contrast),
                  f"difference of {of} of the best", needs, choosing=True),
        level=level,
    )  # fmt: skip
    said = f"leave one seed out: the least {select} of the other seeds"
    return made.assign(_choices(found, members)).assign_attrs(chosen=said)


def _groups(found: Risks, over: str) -> dict[str, np.ndarray]:
    extra = found.found.extra()
    wanted = {COMPOSITION: extra > 1, SINGLE: extra == 1, NONE: extra == 0}
    groups = {name: np.flatnonzero(there) for name, there in wanted.items() if there.any()}
    if COMPOSITION not in groups:
        raise DdspecError(f"no composition along `{over}` has two terms", "sweep `subsets(a + b)`")
    if len(groups) == 1:
        raise DdspecError(f"`{over}` has neither a single term nor none to compare with")
    return groups


def _choices(found: Risks, groups: Sequence[np.ndarray]) -> dict[str, object]:
    """What all seeds choose at each point, and the share of seeds that would be given the same."""
    labels = np.asarray([*found.found.labels, ""])
    places = np.full((len(groups), len(found.values)), -1)
    share = np.full(places.shape, np.nan)
    for point, values in enumerate(found.values):
        finite = np.isfinite(values).all(axis=-1)
        kept = values[2 * finite.sum(axis=1) >= finite.shape[1]]
        for n, group in enumerate(groups):
            place = places[n, point] = chosen(kept, group)
            if place >= 0 and len(kept) > 1:
                # a report that is the position chosen, at every seed
                marked = np.stack([np.where(np.isfinite(kept[..., 1]), np.arange(kept.shape[1]),
                                            np.nan), kept[..., 1]], axis=-1)  # fmt: skip
                share[n, point] = (cross_fitted(marked, [group])[:, 0] == place).mean()
    dims, shape = ("kind", *found.dims), (len(groups), *found.shape)
    return {
        "choice": (dims, labels[places].reshape(shape), {"long_name": "the best by all seeds"}),
        "agreement": (dims, share.reshape(shape), {
            "long_name": "share of seeds for which the others choose the same", "units": "1"}),
    }  # fmt: skip
