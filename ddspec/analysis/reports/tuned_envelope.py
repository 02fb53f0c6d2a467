"""`tuned_envelope`: risk along an axis when strengths are tuned at each of its values."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from ddspec.analysis.amounts import interval, is_share
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.points import label
from ddspec.analysis.tuning.asked import Asked, asked, places, runs, start
from ddspec.analysis.tuning.envelope import envelope
from ddspec.vocabulary.reports.tuned_envelope import TunedEnvelope


def find(evidence: Evidence, word: TunedEnvelope) -> Finding:
    """The tuned risk at both ends of the axis and where it is least and largest."""
    what = asked(evidence, word)
    along = what.along(word.along)
    data = envelope(what.dataset, what.strengths, word.select, what.of)
    title = f"{what.of} along {along} when {', '.join(map(what.name, what.strengths))} is tuned"
    return Finding(title, data, (*_method(data, what), *_curves(data, what, along)))


def _method(data: xr.Dataset, what: Asked) -> Iterator[str]:
    seeds = data.attrs["seeds"]
    if seeds < 2:  # noqa: PLR2004
        yield "with one seed no other is left to choose a strength: nothing can be told"
        return
    yield (
        f"each of {seeds} seeds is read at the strengths that {data.attrs['selected_by']} of the"
        " others chooses; brackets hold 95 % intervals of means"
    )
    for name in what.strengths:
        edge = data[f"{name}_at_edge"]
        if bool(edge.any()):
            count = int(data[name].notnull().sum())
            yield (
                f"the chosen {what.name(name)} is the smallest or largest that was tried at"
                f" {int(edge.sum())} of {count} points: a better one may lie beyond"
            )


def _curves(data: xr.Dataset, what: Asked, along: str) -> Iterator[str]:
    data = data.drop_dims([name for name in data.dims if name in data.attrs["sample_dims"].split()])
    unknown = 0
    for where, found in what.compositions(data.sortby(along)):
        others = tuple(str(name) for name in found.dims if name != along)
        for at, curve in places(found, others):
            if bool(curve["risk"].notnull().any()):
                yield start(where, at) + _curve(curve, what, along)
            else:
                unknown += 1
    if unknown:
        yield f"{unknown} curves are unknown: their runs are missing, or have no end"


def _curve(curve: xr.Dataset, what: Asked, along: str) -> str:
    """The risk at the ends, where it is least and where it is largest; then what was chosen."""
    known = np.flatnonzero(np.isfinite(curve["risk"].values))
    risk, axis = curve["risk"].values[known], curve[along].values
    words: dict[int, list[str]] = {int(known[0]): [], int(known[-1]): []}
    if risk.max() > risk.min():
        words.setdefault(int(known[risk.argmax()]), []).append("largest")
        words.setdefault(int(known[risk.argmin()]), []).append("least")
    values = [
        f"{_risk(curve.isel({along: place}), what.of)} at {along} = {label(axis[place])}"
        + (f" ({words[place][0]})" if words[place] else "")
        for place in sorted(words)
    ]
    chosen = [
        f"{what.name(name)} {runs(axis, curve[name].values)}"
        for name in what.strengths
        if bool(curve[name].notnull().any())
    ]
    return "; ".join([", ".join(values), *chosen])


def _risk(point: xr.Dataset, of: str) -> str:
    ends = (float(point[name]) for name in ("risk", "risk_low", "risk_high"))
    return interval(*ends, percent=is_share(of))
