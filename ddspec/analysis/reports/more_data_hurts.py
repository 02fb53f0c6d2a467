"""`more_data_hurts`: where risk rises with more samples, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ddspec.analysis.amounts import interval, is_share
from ddspec.analysis.curves import FEW, meant
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.more_data import more_data_hurts
from ddspec.analysis.points import label, ranked_lines
from ddspec.vocabulary.reports.more_data_hurts import MoreDataHurts

HURTS, HARMLESS, FEW_SEEDS, NOTHING = range(4)  # what is said of a curve, the most telling first


def find(evidence: Evidence, word: MoreDataHurts) -> Finding:
    """The largest rise of every curve, and how many curves have one beyond noise."""
    of = meant(evidence.risk, word.of)
    data = more_data_hurts(evidence.risk, of, word.along, at=word.at)
    of, along = data.attrs["of"], data.attrs["along"]
    dims = tuple(str(name) for name in data.worst.dims)
    lines, count = ranked_lines(data, _sentence(of, along, percent=is_share(of)), dims)
    told = count[HURTS] + count[HARMLESS]
    summary = f"more {along} hurt in {count[HURTS]} of {told} curves"
    few = f"; {count[FEW_SEEDS]} have fewer than {FEW} seeds" if count[FEW_SEEDS] else ""
    none = f"; {count[NOTHING]} lack values" if count[NOTHING] else ""
    shown = lines[: len(lines) - count[NOTHING]]
    title = f"where {of} rises along {along}"
    return Finding(title, data, tuple([summary + few + none, *shown] if dims else lines))


def _sentence(of: str, along: str, *, percent: bool) -> Callable[[dict[str, Any]], tuple[int, str]]:
    def say(values: dict[str, Any]) -> tuple[int, str]:
        if not np.isfinite(values["worst"]):
            return NOTHING, "no values"
        size = interval(*(values[n] for n in ("worst", "low", "high")), percent=percent)
        pair = f"from {along} {label(values['from'])} to {label(values['to'])}"
        if np.isnan(values["p"]):
            return FEW_SEEDS, f"too few seeds to tell a rise from noise; of means {size} {pair}"
        if values["hurts"].any():
            others = int(values["hurts"].sum()) - 1
            more = f"; {others} more pair{'s' if others > 1 else ''}" if others else ""
            return HURTS, f"{of} rises by {size} {pair} (p = {values['p']:.2g}){more}"
        if values["worst"] <= 0:
            least = interval(*(-values[n] for n in ("worst", "high", "low")), percent=percent)
            return HARMLESS, f"no rise: the least fall is {least}, {pair}"
        return HARMLESS, f"no rise beyond noise; the largest is {size} {pair}"

    return say
