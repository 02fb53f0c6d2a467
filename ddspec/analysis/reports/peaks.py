"""`peaks`: where risk peaks, in sentences."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ddspec.analysis.amounts import amount, interval, is_share, several
from ddspec.analysis.curves import FEW, meant
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.phenomena.peaks import peaks
from ddspec.analysis.points import label, ranked_lines, with_places
from ddspec.vocabulary.reports.peaks import Peaks

ENDS = ("", "_low", "_high")
NAMES = {0: "no descent", 1: "1 descent", 2: "2 descents: double descent"}
PEAK, FLAT, FEW_SEEDS, NOTHING = range(4)  # what is said of a curve, the most telling first


def find(evidence: Evidence, word: Peaks) -> Finding:
    """Peaks beyond noise and descents of every curve, and how many curves have one."""
    risk = evidence.risk
    data = peaks(risk, meant(risk, word.of), meant(risk, word.along), at=word.at)
    of, along = data.attrs["of"], data.attrs["along"]
    words = _Words(along, data.sizes[along], is_share(of), data.attrs["scale"] == "logarithmic")
    dims = tuple(str(n) for n in data.location.dims if n != "peak")
    lines, count = ranked_lines(data, words.whole, dims)
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


@attrs.frozen
class _Words:
    """Sentences about the curves of one finding."""

    along: str
    places: int  # of the axis
    percent: bool
    times: bool  # prominences are factors

    def whole(self, values: dict[str, Any]) -> tuple[int, str]:
        """The sentence of a curve, and how much of the axis it is about where some is missing."""
        rank, told = self.sentence(values)
        return rank, told if rank == NOTHING else with_places(told, values["places"], self.places)

    def sentence(self, values: dict[str, Any]) -> tuple[int, str]:
        """How telling a curve is, and what it tells."""
        told = np.flatnonzero(np.isfinite(values["location"]))
        if values["seeds"] == 0 or (values["seeds"] >= FEW and np.isnan(values["descents"])):
            return NOTHING, "no values at three places"
        if np.isnan(values["descents"]):
            return FEW_SEEDS, self._untold(values) if told.size else "no peak of the mean"
        falls = NAMES.get(int(values["descents"]), f"{values['descents']:g} descents")
        real = np.flatnonzero(values["significant"])
        if real.size:
            return PEAK, f"{several(self._peak(values, int(n)) for n in real)}; {falls}"
        if not told.size:
            return FLAT, f"no peak; {falls}"
        where = f"{self.along} {label(values['location'][0])}, p = {values['p_value'][0]:.2g}"
        size = self._above(amount(values["prominence"][0], percent=self.percent))
        return FLAT, f"no peak beyond noise (at most {size} at {where}); {falls}"

    def _untold(self, values: dict[str, Any]) -> str:
        count = f"{values['seeds']:g} seed{'s' if values['seeds'] > 1 else ''}"
        at = label(values["location"][0])
        return f"the mean peaks at {self.along} {at}; {count} cannot tell it from noise"

    def _peak(self, values: dict[str, Any], n: int) -> str:
        """`a peak at width 45 (32 to 64): 56 % [53, 58], 7.6 % [5.1, 11] above its valley`."""
        at, low, high = (values[f"location{each}"][n] for each in ENDS)
        spread = f" ({label(low)} to {label(high)})" if low < high else ""
        height, prominence = (
            interval(*(values[name + each][n] for each in ENDS), percent=self.percent)
            for name in ("height", "prominence")
        )
        size = f"{height}, {self._above(prominence)}"
        p = f"p = {values['p_value'][n]:.2g}"
        return f"a peak at {self.along} {label(at)}{spread}: {size} ({p})"

    def _above(self, prominence: str) -> str:
        return f"{prominence} times its valley" if self.times else f"{prominence} above its valley"
