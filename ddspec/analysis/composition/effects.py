"""Compositions to main effects and interactions: what a regularizer does, and does to others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
import xarray as xr
from scipy.linalg import null_space

from ddspec.analysis.composition.compositions import Compositions
from ddspec.analysis.composition.contributions import LEVEL, Statistic, risks, tables
from ddspec.analysis.composition.lattice import Lattice, groups_of, items, lattices, spread
from ddspec.errors import DdspecError

CORRECTED: Final = "ols"
MIXED: Final = 1e-9  # of a unit vector: beyond rounding


def effects(
    dataset: xr.Dataset,
    of: str = "test_error",
    over: str = "reg",
    *,
    order: int = 2,
    lowest: int = 1,
    correct: str = "refuse",
    level: float = LEVEL,
) -> xr.Dataset:
    """Factorial effects of the terms of a composition axis, of `lowest` to `order` terms each.

    With x = 1 where a composition has a term and -1 where not, the effect of a set A of terms is
    sum over compositions S of v(S) prod_{i in A} x_i(S) / 2**(R - 1): for one term the mean of v
    with it less the mean without it; for two, half of what one does with the other there less what
    it does without. Negative lowers `of`. Every whole seed has its own effects, of all design
    points; intervals are Student's over seeds.

    Where subsets are missing the effects are refused, or, with `correct="ols"`, main effects and
    two-way interactions are fitted by least squares to the compositions that there are; pairs
    whose interaction these do not tell from other effects, as those not seen with each, both and
    neither of their terms, are taken not to interact. The attribute `correction` says so.

    Returns the variables of `contributions.tables` named `effect...` over (term, design axes), in
    units of `of`, `order` being a coordinate. Of several lattices (alternatives) each has its own.

    Source: Yates, "The design and analysis of factorial experiments", 1937; Box, Hunter & Hunter,
    "Statistics for experimenters", 2005, chapter 5.
    Raises DdspecError on axes that are not of compositions, and where effects cannot be told apart.
    """
    found = risks(dataset, of, over)
    if correct == CORRECTED:
        labels, groups, contrast, said = _fitted(found.found, order, lowest)
        needs = np.arange(len(found.found.labels))
    else:
        labels, groups, contrast, needs = _factorial(found.found, order, lowest)
        said = "none: every subset of the terms is there"
    if not labels:
        raise DdspecError(
            f"the compositions along `{over}` tell no effect of {lowest} terms together"
        )
    statistic = Statistic(
        "effect", "term", labels, lambda values: values[..., 0] @ contrast,
        f"effect on {of}", needs, list(map(len, groups)),
    )  # fmt: skip
    return tables(found, statistic, level=level).assign_attrs(correction=said)


def _factorial(
    found: Compositions, order: int, lowest: int
) -> tuple[list[str], list[tuple[str, ...]], np.ndarray, np.ndarray]:
    spanned = lattices(found)
    groups = [groups_of(lattice.terms, lowest, order) for lattice in spanned]
    contrasts = [yates(each, group) for each, group in zip(spanned, groups, strict=True)]
    needs = np.unique(np.concatenate([lattice.places for lattice in spanned]))
    whole = spread(spanned, contrasts, len(found.labels))
    return items(spanned, groups), [group for each in groups for group in each], whole, needs


def yates(lattice: Lattice, groups: Sequence[tuple[str, ...]]) -> np.ndarray:
    """The contrasts of groups of terms over the subsets of a lattice, (2**R, groups)."""
    signs = np.where(lattice.has(), 1.0, -1.0)
    columns = [signs[:, [lattice.terms.index(t) for t in group]].prod(axis=1) for group in groups]
    size = 2 ** (len(lattice.terms) - 1)
    return np.stack(columns, axis=1) / size if columns else np.zeros((len(signs), 0))


def _fitted(
    found: Compositions, order: int, lowest: int
) -> tuple[list[str], list[tuple[str, ...]], np.ndarray, str]:
    """Least-squares contrasts over the compositions that are there, and what was assumed."""
    from statsmodels.regression.linear_model import OLS

    if order > 2:  # noqa: PLR2004
        raise DdspecError("corrected effects are of one or two terms", "`order: 2`")
    terms = [term for term in found.terms if term not in found.base]
    has = np.asarray([[term in each for term in terms] for each in found.sets])
    every = list(combinations(range(len(terms)), 2))
    pairs = _told(has, [pair for pair in every if _crossed(has[:, pair])])
    design = _design(has, pairs)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise DdspecError(
            f"the {len(has)} compositions along `{found.over}` do not tell "
            f"the effects of {len(terms)} terms apart",
            f"sweep more of them: `{found.over} in subsets({' + '.join(terms)})`",
        )
    # the fit is linear in the risks: fitted to unit vectors it is the contrasts
    contrast = 2 * np.asarray(OLS(np.eye(len(has)), design).fit().params)[1:].T
    groups = [*((term,) for term in terms), *((terms[i], terms[j]) for i, j in pairs)]
    shown = [n for n, group in enumerate(groups) if lowest <= len(group) <= order]
    said = (
        f"least squares, main effects and {len(pairs)} two-way interactions fitted to "
        f"{len(has)} of {2 ** len(terms)} compositions"
    )
    if len(pairs) < len(every):
        said += f"; {len(every) - len(pairs)} interactions not told, taken to be zero"
    named = [groups[n] for n in shown]
    return [" x ".join(group) for group in named], named, contrast[:, shown], said


def _design(has: np.ndarray, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """The columns of effects over compositions: the mean, every term, and pairs of them."""
    signs = np.where(has, 1.0, -1.0)
    columns = [signs[:, i] * signs[:, j] for i, j in pairs]
    return np.column_stack([np.ones(len(has)), signs, *columns])


def _told(has: np.ndarray, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs whose interaction the compositions tell from all other effects."""
    mixed = np.abs(null_space(_design(has, pairs))).max(axis=1, initial=0.0) > MIXED
    return [pair for pair, lost in zip(pairs, mixed[1 + has.shape[1] :], strict=True) if not lost]


def _crossed(pair: np.ndarray) -> bool:
    """Whether two terms are seen together, each alone, and both absent."""
    return len(np.unique(pair, axis=0)) == 4  # noqa: PLR2004
