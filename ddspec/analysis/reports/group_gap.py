"""`group_gap`: how much worse the worst group fares than all samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from ddspec.analysis.amounts import amount, interval
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.laws.groups import group_gap
from ddspec.analysis.points import label, point_lines
from ddspec.vocabulary.reports.group_gap import GroupGap


def find(evidence: Evidence, _: GroupGap) -> Finding:
    """The gap at every design point, the largest and the smallest first."""
    data = group_gap(evidence.risk)
    lines = (*_extremes(data), *_caveats(data), *point_lines(data, _sentence))
    return Finding("worst group's error less the mean test error", data, lines)


def _extremes(data: xr.Dataset) -> Iterator[str]:
    gap = data.gap
    if gap.size > 1 and bool(gap.notnull().any()):
        for word, place in (("largest", np.nanargmax), ("smallest", np.nanargmin)):
            at = np.unravel_index(int(place(gap.values)), gap.shape)
            point = data.isel(dict(zip(gap.dims, map(int, at), strict=True)))
            where = ", ".join(f"{d} = {label(point[d].values[()])}" for d in gap.dims)
            bounds = (float(point[n]) for n in ("gap", "gap_low", "gap_high"))
            yield f"the {word} gap is at {where}: {interval(*bounds, percent=True)}"
    worst = Counter(str(group) for group in data.worst_group.values.ravel() if group)
    if len(worst) > 0 and gap.size > 1:
        (group, count), *_ = worst.most_common(1)
        yield f"group {group} is worst at {count:,} of {worst.total():,} points"


def _caveats(data: xr.Dataset) -> Iterator[str]:
    if int(data.seeds.max()) < 2:  # noqa: PLR2004 - one seed has no interval
        yield "one seed: no interval"
    if data.attrs["groups"] == 1:
        yield "of every seed its own worst group: one group that is worst on average may be better"


def _sentence(values: dict[str, Any]) -> str:
    if not values["seeds"]:
        return "no seed has all groups"
    gap = interval(values["gap"], values["gap_low"], values["gap_high"], percent=True)
    group = f"group {values['worst_group']}" if values["worst_group"] else "worst groups"
    errors = " against ".join(amount(values[n], percent=True) for n in ("worst", "mean"))
    return f"{gap} ({group}: {errors})"
