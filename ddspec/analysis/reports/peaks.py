"""`peaks`: where risk peaks, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ddspec.analysis.amounts import amount, interval, is_share, several
from ddspec.analysis.curves import FEW, meant
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.peaks import peaks
from ddspec.analysis.points import label, ranked_lines
from ddspec.vocabulary.reports.peaks import Peaks

NAMES = {0: "no descent", 1: "1 descent", 2: "2 descents: double descent"}
PEAK, FLAT, FEW_SEEDS, NOTHING = range(4)  # what is said of a curve, the most telling first


def find(evidence: Evidence, word: Peaks) -> Finding:
    """Peaks beyond noise and descents of every curve, and how many curves have one."""
    risk = evidence.risk
    data = peaks(risk, meant(risk, word.of), meant(risk, word.along), at=word.at)
    of, along = data.attrs["of"], data.attrs["along"]
    dims = tuple(str(n) for n in data.location.dims if n != "peak")
    lines, count = ranked_lines(data, _sentence(along, percent=is_share(of)), dims)
    told = count[PEAK] + count[FLAT]
    summary = f"{count[PEAK]} of {told} curves have a peak that noise does not explain"
    if not told:
        summary = "no curve has values of three seeds at three places: no peak can be told"
    few = f"; {count[FEW_SEEDS]} have fewer than {FEW} seeds" if count[FEW_SEEDS] and told else ""
    none = f"; {count[NOTHING]} lack values" if count[NOTHING] else ""
    shown = lines[: len(lines) - count[NOTHING]]
    title = f"peaks of {of} along {along}"
    return Finding(
        title, data, tuple([summary + few + none, *shown] if dims else shown or [summary])
    )


def _sentence(along: str, *, percent: bool) -> Callable[[dict[str, Any]], tuple[int, str]]:
    def say(values: dict[str, Any]) -> tuple[int, str]:
        there = np.flatnonzero(np.isfinite(values["location"]))
        if values["seeds"] == 0 or (values["seeds"] >= FEW and np.isnan(values["descents"])):
            return NOTHING, "no values at three places"
        if np.isnan(values["descents"]) and not there.size:
            return FEW_SEEDS, "no peak of the mean"
        if np.isnan(values["descents"]):
            at = label(values["location"][0])
            seeds = f"{values['seeds']:g} seed{'s' if values['seeds'] > 1 else ''}"
            return FEW_SEEDS, f"the mean peaks at {along} {at}; {seeds} cannot tell it from noise"
        falls = NAMES.get(int(values["descents"]), f"{values['descents']:g} descents")
        real = np.flatnonzero(values["significant"])
        if real.size:
            told = [_peak(values, int(n), along, percent=percent) for n in real]
            return PEAK, f"{several(told)}; {falls}"
        if not there.size:
            return FLAT, f"no peak; {falls}"
        size = amount(values["prominence"][0], percent=percent)
        at, p = label(values["location"][0]), values["p"][0]
        return FLAT, f"no peak beyond noise (at most {size} at {along} {at}, p = {p:.2g}); {falls}"

    return say


def _peak(values: dict[str, Any], n: int, along: str, *, percent: bool) -> str:
    """`a peak at width 45 (32 to 64): 56.1 % [52.9, 58], 7.6 % [5.1, 11] above its valley`."""
    at, low, high = (values[f"location{each}"][n] for each in ("", "_low", "_high"))
    spread = f" ({label(low)} to {label(high)})" if low < high else ""
    height, above = (
        interval(*(values[f"{name}{each}"][n] for each in ("", "_low", "_high")), percent=percent)
        for name in ("height", "prominence")
    )
    p = f"p = {values['p'][n]:.2g}"
    return f"a peak at {along} {label(at)}{spread}: {height}, {above} above its valley ({p})"
