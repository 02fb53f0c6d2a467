"""`scaling_law`: the power of width or samples with which a risk falls."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import xarray as xr

from ddspec.analysis.amounts import amount, interval, is_share
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.laws.scaling import scaling_law
from ddspec.analysis.points import label, point_lines
from ddspec.vocabulary.reports.scaling_law import ScalingLaw

REFUSED: Final = {
    "peak": "no law fitted: too few places lie after the last peak, and none is fitted across it",
    "flat": "no law fitted: no decrease that seeds confirm",
    "few": "no law fitted: fewer than 5 places with values (8 for a joint law)",
}

UNSEEN: Final = 0.01  # of the rest of the risk: a floor that the data do not tell from none


def find(evidence: Evidence, word: ScalingLaw) -> Finding:
    """The law at every design point, how many there are first."""
    data = scaling_law(
        evidence.risk,
        word.of,
        word.along,
        jointly=word.jointly or None,
        coordinate="parameters" if word.against == "parameters" else None,
        resample=word.resample,
        resamples=word.resamples,
    )
    dims = tuple(str(name) for name in data.verdict.dims)
    points = point_lines(_told(data, word), lambda values: str(values["told"]), dims)
    axes = " and ".join([word.jointly, word.along] if word.jointly else [word.along])
    title = f"scaling law of {word.of} along {axes}, at the end of training"
    return Finding(title, data, (*_summary(data), *points))


def _summary(data: xr.Dataset) -> Iterator[str]:
    counts = Counter(data.verdict.values.ravel().tolist())
    total = data.verdict.size
    if total > 1:
        yield f"a power law describes {counts['law']} of {total} curves"
        if counts["peak"]:
            yield f"{counts['peak']} have too few places after their last peak for a law"
    if counts["misfit"]:
        yield "misfit: residuals are larger than seeds explain: intervals are too narrow there"
    if int(data.seeds.max()) == 1:
        yield "one seed: no interval, and no test of the fit"


def _told(data: xr.Dataset, word: ScalingLaw) -> xr.Dataset:
    """A sentence for each curve, as the variable `told`."""
    told = data.verdict.astype(object)
    flat = told.values.reshape(-1)
    points = data.stack(point=data.verdict.dims) if data.verdict.dims else data.expand_dims("point")
    for n in range(len(flat)):
        flat[n] = _sentence(points.isel(point=n), word)
    return xr.Dataset({"told": told.copy(data=flat.reshape(told.shape))})


def _sentence(point: xr.Dataset, word: ScalingLaw) -> str:
    verdict = str(point.verdict.values)
    if verdict in REFUSED:
        return REFUSED[verdict]
    percent = is_share(word.of)
    floor = _floor(point, percent=percent)
    if word.jointly:
        names = [str(axis) for axis in point.axis.values]
        exponents = ", ".join(f"{n} {_bounded(point.sel(axis=n), 'exponent')}" for n in names)
        law = f"exponents {exponents}; floor {floor}; {int(point.places)} places"
    else:
        low, high = (label(float(point[n])) for n in ("holds_from", "holds_to"))
        law = (
            f"exponent {_bounded(point, 'exponent')}, floor {floor}, from {low} to {high}"
            f" ({int(point.places)} places, {int(point.seeds)} seeds)"
        )
    return "; ".join([law, *_doubts(point, verdict, percent=percent)])


def _floor(point: xr.Dataset, *, percent: bool) -> str:
    """The floor, or that the law is as good without."""
    low, high = float(point.floor), float(point.floor_high)
    least = float((point.amplitude * point.holds_to**-point.exponent).max())
    if max(low, high if math.isfinite(high) else low) < UNSEEN * least:
        return "none seen"
    return _bounded(point, "floor", percent=percent)


def _doubts(point: xr.Dataset, verdict: str, *, percent: bool) -> Iterator[str]:
    if verdict == "misfit":
        yield f"misfit (p = {float(point.misfit):.2g})"
    if math.isfinite(float(point.foretold)):
        seen = amount(float(point.seen), percent=percent)
        told = _bounded(point, "foretold", percent=percent)
        yield f"the largest was foretold as {told}, is {seen}"


def _bounded(point: xr.Dataset, name: str, *, percent: bool = False) -> str:
    values: list[Any] = [float(point[f"{name}{end}"]) for end in ("", "_low", "_high")]
    return interval(*values, percent=percent)
