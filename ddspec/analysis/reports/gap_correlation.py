"""`gap_correlation`: which recorded measures rank models as their generalization gap does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from ddspec.analysis.amounts import amount, interval, several
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.laws.gap import ADVICE, gap_correlation
from ddspec.vocabulary.reports.gap_correlation import GapCorrelation


def find(evidence: Evidence, word: GapCorrelation) -> Finding:
    """Measures in the order of their granulated correlation, the best first."""
    data = gap_correlation(evidence.risk, word.risk)
    varied = data.isel(measure=np.flatnonzero(data.constant.values == 0))
    ranked = varied.isel(measure=np.argsort(-varied.granulated.fillna(-2).values, kind="stable"))
    lines = (*_first(ranked), *map(_sentence, _each(ranked)), *_caveats(data))
    return Finding(f"{data.attrs['gap']} against complexity measures", data, lines)


def _first(ranked: xr.Dataset) -> Iterator[str]:
    if ranked.sizes["measure"] < 2:  # noqa: PLR2004 - one measure is not the best of several
        return
    best = _values(ranked.isel(measure=0))
    agreement = f"granulated correlation {_bounded(best, 'granulated')} (1: always)"
    if best["granulated_low"] > 0:
        yield f"{best['measure']} ranks models most as their gap does: {agreement}"
    else:
        yield f"no measure surely ranks models as their gap does; {best['measure']} has {agreement}"


def _sentence(values: dict[str, Any]) -> str:
    told = f"{values['measure']}: tau {_bounded(values, 'tau')}"
    if not values["worst_axis"]:
        return told
    wrong = _bounded(values, "sign_error", percent=True)
    return (
        f"{told}, granulated {_bounded(values, 'granulated')};"
        f" worst along {values['worst_axis']}, {wrong} of pairs in the wrong order"
    )


def _caveats(data: xr.Dataset) -> Iterator[str]:
    constant = data.measure.values[data.constant.values == 1]
    if len(constant):
        yield f"the same for all models, so without correlation: {several(constant)}"
    seeds, models = data.attrs["seeds"], data.attrs["models"]
    if seeds == 1:
        yield "one seed: no interval"
    yield f"{models:,} models a seed, {seeds} seeds; intervals are for these models"
    if set(data.measure.values.tolist()) <= {"parameters"}:
        yield ADVICE


def _each(data: xr.Dataset) -> Iterator[dict[str, Any]]:
    for n in range(data.sizes["measure"]):
        yield _values(data.isel(measure=n))


def _values(point: xr.Dataset) -> dict[str, Any]:
    names = ("measure", *(str(name) for name in point.data_vars if not point[name].dims))
    return {name: point[name].values[()] for name in names}


def _bounded(values: dict[str, Any], name: str, *, percent: bool = False) -> str:
    if not np.isfinite(values[name]):
        return amount(values[name])
    return interval(*(values[f"{name}{end}"] for end in ("", "_low", "_high")), percent=percent)
