"""`threshold`: where training begins to interpolate, in sentences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ddspec.analysis.amounts import amount
from ddspec.analysis.curves import meant
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.phenomena.crossing_lines import crossing_lines
from ddspec.analysis.phenomena.threshold import thresholds
from ddspec.analysis.statistics.crossing import BEFORE, BEYOND, INSIDE
from ddspec.vocabulary.reports.threshold import Threshold


def find(evidence: Evidence, word: Threshold) -> Finding:
    """The threshold of every curve, or on which side of the axis it lies, and what is predicted."""
    data = thresholds(evidence.risk, meant(evidence.risk, word.along), word.epsilon)
    along = data.attrs["along"]
    words = {
        INSIDE: f"{along} {{place}}",
        BEFORE: f"at {along} {{first}}, the first tried, or before",
        BEYOND: f"beyond {along} {{last}}, the last tried",
    }
    lines = crossing_lines(data, "threshold", words, _predictions)
    return Finding(f"interpolation threshold: {data.threshold.long_name}", data, lines)


def _predictions(values: dict[str, Any]) -> str:
    """`; parameters = n at 12; parameters = n x outputs at 71`."""
    words = {"parameters_n": "n", "parameters_nk": "n x outputs"}
    known = {name: float(values.get(name, np.nan)) for name in words}
    return "".join(
        f"; parameters = {words[name]} at {amount(place)}"
        for name, place in known.items()
        if np.isfinite(place)
    )
