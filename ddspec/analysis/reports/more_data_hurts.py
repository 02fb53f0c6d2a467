"""`more_data_hurts`: where risk rises with more samples, in sentences."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ddspec.analysis.amounts import interval, is_share
from ddspec.analysis.curves import FEW, meant
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.phenomena.more_data import more_data_hurts
from ddspec.analysis.points import label, ranked_lines, with_places
from ddspec.vocabulary.reports.more_data_hurts import MoreDataHurts

HURTS, HARMLESS, FEW_SEEDS, NOTHING = range(4)  # what is said of a curve, the most telling first


def find(evidence: Evidence, word: MoreDataHurts) -> Finding:
    """The largest rise of every curve, and how many curves have one beyond noise."""
    of = meant(evidence.risk, word.of)
    data = more_data_hurts(evidence.risk, of, word.along, at=word.at)
    of, along = data.attrs["of"], data.attrs["along"]
    words = _Words(of, along, data.sizes[along], is_share(of), data.attrs["scale"] == "logarithmic")
    dims = tuple(str(name) for name in data.worst.dims)
    lines, count = ranked_lines(data, words.whole, dims)
    told = count[HURTS] + count[HARMLESS]
    summary = f"more {along} hurt in {count[HURTS]} of {told} curves"
    few = f"; {count[FEW_SEEDS]} have fewer than {FEW} seeds" if count[FEW_SEEDS] else ""
    none = f"; {count[NOTHING]} lack values" if count[NOTHING] else ""
    shown = lines[: len(lines) - count[NOTHING]]
    title = f"where {of} rises along {along}"
    return Finding(title, data, tuple([summary + few + none, *shown] if dims else lines))


@attrs.frozen
class _Words:
    """Sentences about the curves of one finding."""

    of: str
    along: str
    places: int  # of the axis
    percent: bool
    times: bool  # rises are factors

    def whole(self, values: dict[str, Any]) -> tuple[int, str]:
        """The sentence of a curve, and how much of the axis it is about where some is missing."""
        rank, told = self.sentence(values)
        return rank, told if rank == NOTHING else with_places(told, values["places"], self.places)

    def sentence(self, values: dict[str, Any]) -> tuple[int, str]:
        """How telling a curve is, and what it tells."""
        if not np.isfinite(values["worst"]):
            return NOTHING, "no values"
        size = self._size(*(values[name] for name in ("worst", "low", "high")))
        pair = f"from {self.along} {label(values['from'])} to {label(values['to'])}"
        if np.isnan(values["p_value"]):
            return FEW_SEEDS, f"too few seeds to tell a rise from noise; of means {size} {pair}"
        if values["hurts"].any():
            others = int(values["hurts"].sum()) - 1
            more = f"; {others} more pair{'s' if others > 1 else ''}" if others else ""
            return HURTS, f"{self.of} rises by {size} {pair} (p = {values['p_value']:.2g}){more}"
        if values["worst"] <= (1 if self.times else 0):
            falls = (values[name] for name in ("worst", "high", "low"))
            least = self._size(*(1 / each if self.times else -each for each in falls))
            return HARMLESS, f"no rise: the least fall is {least}, {pair}"
        return HARMLESS, f"no rise beyond noise; the largest is {size} {pair}"

    def _size(self, value: float, low: float, high: float) -> str:
        told = interval(value, low, high, percent=self.percent)
        return f"a factor of {told}" if self.times else told
