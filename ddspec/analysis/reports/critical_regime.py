"""`critical_regime`: which models are under-, critically or over-parametrized, in sentences."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

import xarray as xr

from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.phenomena.regime import critical_regime
from ddspec.analysis.points import label, point_lines
from ddspec.vocabulary.reports.critical_regime import CriticalRegime

UNKNOWN: Final = "unknown"


def find(evidence: Evidence, word: CriticalRegime) -> Finding:
    """The regimes along the width, or the first axis beside the samples, for every other point."""
    data = critical_regime(evidence.risk, word.epsilon, along=word.along, factor=word.factor)
    dims = [str(name) for name in data.regime.dims]
    by = next(
        (name for name in ("width", *dims) if name in dims and name != word.along), word.along
    )
    labels = [label(value) for value in data[by].values]
    rest = tuple(name for name in dims if name != by)

    def say(values: dict[str, Any]) -> str:
        runs = groupby(zip(labels, values["regime"], strict=True), key=lambda pair: str(pair[1]))
        told = [(regime, [place for place, _ in run]) for regime, run in runs]
        return "; ".join(_run(*each, by) for each in told if each[0] != UNKNOWN) or UNKNOWN

    lines = [line for line in point_lines(data[["regime"]], say, rest) if UNKNOWN not in line]
    title = f"regimes by effective model complexity / {word.along}, {_counts(data)}"
    return Finding(title, data, tuple(lines))


def _run(regime: str, places: list[str], by: str) -> str:
    """`over at width 100 to 200`."""
    to = f" to {places[-1]}" if len(places) > 1 else ""
    return f"{regime} at {by} {places[0]}{to}"


def _counts(data: xr.Dataset) -> str:
    known = data.regime != UNKNOWN
    critical = int((data.regime == "critical").sum())
    return f"critical at {critical} of {int(known.sum())} points"
