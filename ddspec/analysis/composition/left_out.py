"""The full composition less each of its terms: what one regularizer adds to all the others."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ddspec.analysis.composition.compositions import Compositions
from ddspec.analysis.composition.contributions import LEVEL, Statistic, risks, tables
from ddspec.errors import DdspecError


def left_out(
    dataset: xr.Dataset, of: str = "test_error", over: str = "reg", *, level: float = LEVEL
) -> xr.Dataset:
    """The change of risk when one term is taken out of a full composition: v(F less i) - v(F).

    Positive: the term lowers `of` in the company of the others. A full composition is one that no
    other contains; a term it is never seen without has no such change. Paired by whole seed, with
    Student's intervals over seeds.

    Returns the variables of `contributions.tables` named `change...` over (term, design axes), in
    units of `of`.

    Source: Meyes et al., "Ablation studies in artificial neural networks", 2019.
    Raises DdspecError when no full composition is there with one of its terms taken out.
    """
    found = risks(dataset, of, over)
    taken = _taken(found.found)
    if not taken:
        raise DdspecError(
            f"no composition along `{over}` is another one less a term",
            f"sweep them: `{over} in leave_one_out({' + '.join(found.found.terms)})`",
        )
    full, less, names = (list(each) for each in zip(*taken, strict=True))
    if len(set(full)) > 1:
        names = [f"{n} (of {found.found.labels[f]})" for n, f in zip(names, full, strict=True)]
    statistic = Statistic(
        "change", "term", names, lambda values: values[:, less, 0] - values[:, full, 0],
        f"{of} without the term less with all", np.unique([*full, *less]),
    )  # fmt: skip
    wholes = dict.fromkeys(found.found.labels[each] for each in full)
    return tables(found, statistic, level=level).assign_attrs(full="; ".join(wholes))


def _taken(found: Compositions) -> list[tuple[int, int, str]]:
    """The positions of full compositions and of the same less a term, with the term."""
    place = {each: n for n, each in enumerate(found.sets)}
    full = [each for each in found.sets if not any(each < other for other in found.sets)]
    return [
        (place[each], place[each - {term}], term)
        for each in full
        for term in found.terms
        if term in each and each - {term} in place
    ]
