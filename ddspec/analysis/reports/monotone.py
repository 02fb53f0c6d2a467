"""`monotone`: whether a risk falls all along an axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from ddspec.analysis.amounts import is_share
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.phenomena.monotonicity import monotone
from ddspec.analysis.phenomena.verdicts import FEWEST, MONOTONE, NOT_MONOTONE, UNDECIDED
from ddspec.analysis.points import label, point_lines
from ddspec.analysis.statistics.seeds_needed import least_seeds
from ddspec.vocabulary.reports.monotone import Monotone


def find(evidence: Evidence, word: Monotone) -> Finding:
    """How many curves are monotone, not, or undecided; then each, the clearest rises first."""
    data = monotone(
        evidence.risk,
        word.of,
        word.along,
        word.delta,
        word.level,
        decreasing=word.decreasing,
        relative=word.relative,
    )
    falling = "non-increasing" if word.decreasing else "non-decreasing"
    words = _Words(word, int(data.attrs["seeds"]), int(data.attrs["places"]))
    below = f"{words.rise}s below {words.size(word.delta)}"
    title = f"is {word.of} {falling} in {word.along}, but for {below}"
    lines = np.array([*point_lines(data, words.sentence)], dtype=object)
    return Finding(title, data, (*_counts(data, word), *lines[_order(data)]))


class _Words:
    """Sentences of one report: what its numbers are numbers of."""

    def __init__(self, word: Monotone, seeds: int, places: int) -> None:
        self.word, self.seeds, self.places = word, seeds, places
        self.rise = "rise" if word.decreasing else "fall"
        self.percent = word.relative or is_share(word.of)

    def size(self, value: float) -> str:
        """`2.1 %`: an amount by which the risk rises, to two figures."""
        return f"{_figures(100 * value)} %" if self.percent else _figures(value)

    def sentence(self, values: dict[str, Any]) -> str:
        """The verdict on one curve in words."""
        told = (self._undecided, self._monotone, self._rising)[int(values["verdict"])]
        return told(values) + self._seeds(values)

    def _rising(self, values: dict[str, Any]) -> str:
        bounds = f" [{self.size(values['violation_low'])}, {self.size(values['violation_high'])}]"
        return f"not monotone ({_tests(values)}): {self._largest(values, bounds)}"

    def _monotone(self, values: dict[str, Any]) -> str:
        if not values["violation_high"]:
            other = "falls" if self.word.decreasing else "rises"
            return f"monotone: it {other} between any two values of {self.word.along}"
        high, bar = self.size(values["violation_high"]), self.size(self.word.delta)
        certain = f", though it {self.rise}s" if values["violation_low"] > 0 else ""
        return f"monotone: any {self.rise} is below {high} (< {bar}){certain}"

    def _undecided(self, values: dict[str, Any]) -> str:
        if not values["seeds"] >= FEWEST or not np.isfinite(values["p_value"]):
            return "undecided: nothing can be told"
        most = f"may be as large as {self.size(values['violation_high'])}"
        seen = f"it {self._largest(values)}, and a {self.rise} {most}"
        seen = seen if values["violation"] > 0 else f"a {self.rise} {most}"
        return f"undecided ({_tests(values)}): {seen}{self._more(values)}"

    def _largest(self, values: dict[str, Any], bounds: str = "") -> str:
        size = f"{self.size(values['violation'])}{bounds}"
        ends = f"{label(values['rise_from'])} to {label(values['rise_to'])}"
        return f"{self.rise}s by {size} from {self.word.along} {ends}"

    def _more(self, values: dict[str, Any]) -> str:
        needed, least = values["seeds_needed"], least_seeds(self.word.level)
        few = f"; that it {self.rise}s can be shown with {least} seeds or more"
        if np.isfinite(needed):
            return f"; about {needed:,.0f} seeds in all would decide"
        return few if values["seeds"] < least else ""

    def _seeds(self, values: dict[str, Any]) -> str:
        """What the curve lacks, if anything."""
        lacks = []
        if values["seeds"] < self.seeds:
            lacks.append(f"{values['seeds']} of {self.seeds} seeds")
        if values["places"] < self.places:
            lacks.append(f"{values['places']} of {self.places} values of {self.word.along}")
        return f"; complete: {', '.join(lacks)}" if lacks else ""


def _tests(values: dict[str, Any]) -> str:
    return f"p = {_figures(values['p_value'])}, family {_figures(values['p_family'])}"


def _figures(value: float) -> str:
    """Two figures, without an exponent for usual sizes."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:.6g}"


def _counts(data: xr.Dataset, word: Monotone) -> Iterator[str]:
    verdict = data["verdict"].values
    if verdict.size > 1:
        rising, falling, unsure = (
            int((verdict == each).sum()) for each in (NOT_MONOTONE, MONOTONE, UNDECIDED)
        )
        sure = int(((verdict == NOT_MONOTONE) & (data["p_family"].values <= word.level)).sum())
        family = f" ({sure:,} of them for all curves together)" if rising else ""
        yield (
            f"of {verdict.size:,} curves: {falling:,} monotone, {rising:,} not{family}, "
            f"{unsure:,} undecided{_unmeasured(data)}"
        )
    if (verdict == NOT_MONOTONE).any():
        yield f"in brackets: bounds, each with {100 * (1 - word.level):g} % confidence"
    most = int(data["seeds"].max()) if verdict.size else 0
    if most < least_seeds(word.level):
        yield (
            f"{most} seeds at most: at a level of {100 * word.level:g} % it takes at least "
            f"{least_seeds(word.level)} to call a curve not monotone"
        )


def _unmeasured(data: xr.Dataset) -> str:
    """How many undecided curves lack places or all but two seeds, where some do."""
    short = (data["places"] < data.attrs["places"]) | (data["seeds"] < FEWEST)
    count = int((short & (data["verdict"] == UNDECIDED)).sum())
    return f" ({count:,} of them for want of runs)" if count else ""


def _order(data: xr.Dataset) -> np.ndarray:
    """Curves that rise first, the surest of them first; then monotone ones; then the others."""
    rank = np.array([2, 1, 0])[data["verdict"].values.reshape(-1)]
    p, rise = (data[name].values.reshape(-1) for name in ("p_value", "violation_low"))
    return np.lexsort((-np.nan_to_num(rise), np.nan_to_num(p, nan=2.0), rank))
