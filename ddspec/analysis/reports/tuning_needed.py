"""`tuning_needed`: whether risk is monotone only when strengths are tuned."""

from __future__ import annotations

from collections import Counter

import numpy as np
import xarray as xr

from ddspec.analysis.amounts import amount, interval, is_share
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.phenomena.verdicts import MONOTONE, VERDICTS
from ddspec.analysis.points import label
from ddspec.analysis.tuning.asked import Asked, asked, places, start
from ddspec.analysis.tuning.tuning_needed import AXIS, tuning_needed
from ddspec.vocabulary.reports.tuning_needed import TuningNeeded

SAID = ("undecided", "needs tuning", "monotone without tuning", "not monotone even tuned")
ONLY_TUNED = "monotone when tuned, undecided whether it needs tuning"
ORDER = (  # of lines: what is decided first
    *("needs tuning", "not monotone even tuned", "not monotone"),
    *("monotone without tuning", "monotone", ONLY_TUNED, "undecided"),
)
UNTUNED = ("undecided", "undecided", "monotone", "not monotone")  # where nothing can be tuned


def find(evidence: Evidence, word: TuningNeeded) -> Finding:
    """The answer for every composition, and how many have which."""
    what = asked(evidence, word)
    along = what.along(word.along)
    data = tuning_needed(
        what.dataset,
        what.strengths,
        what.of,
        along,
        word.select,
        delta=word.delta,
        level=word.level,
    )
    names = ", ".join(map(what.name, what.strengths))
    title = f"does {what.of} need {names} tuned to fall along {along}?"
    lines = (_counted(data, what, along), *_compositions(data, what))
    return Finding(title, data, lines)


def _counted(data: xr.Dataset, what: Asked, along: str) -> str:
    """How many points have which answer, those apart that have nothing to tune."""
    free = (data["fixed"] > 1).values.reshape(-1)
    said = np.array(
        [_said(point) for _, point in places(data, tuple(map(str, data["answer"].dims)))]
    )
    told = []
    for there, prefix in ((free, ""), (~free, "nothing to tune: ")):
        each = [f"{name} {n} of {there.sum()}" for name, n in Counter(said[there]).most_common()]
        told += [prefix + "; ".join(each)] if each else []
    delta = amount(data.attrs["delta"], percent=is_share(what.of))
    seeds = data.attrs["seeds"]
    rule = f"monotone means no rise of {delta} or more along {along}, at a level of"
    return "; ".join([*told, f"{rule} {100 * data.attrs['level']:g} % with {seeds} seeds"])


def _said(point: xr.Dataset) -> str:
    answer = int(point["answer"])
    if int(point["fixed"]) == 1:
        return UNTUNED[answer]
    tuned = VERDICTS[int(point["tuned_verdict"])]
    return ONLY_TUNED if (SAID[answer], tuned) == ("undecided", "monotone") else SAID[answer]


def _compositions(data: xr.Dataset, what: Asked) -> list[str]:
    """A line for every composition and what is to be said of some of its points, answers first."""
    found = []
    for where, whole in what.compositions(data):
        told: dict[tuple[str, str], list[str]] = {}
        for at, point in places(whole, tuple(map(str, whole["answer"].dims))):
            told.setdefault((_said(point), _point(point, what)), []).append(at)
        for (answer, said), points in told.items():
            found.append((ORDER.index(answer), f"{start(where)}{_together(points)}{said}"))
    return [line for _, line in sorted(found, key=lambda each: each[0])]


def _together(points: list[str]) -> str:
    """`samples = 500, 1000: `; nothing where there is one point without a name."""
    names = {point.partition(" = ")[0] for point in points}
    if len(names) == 1 and not any("," in point for point in points):
        points = [points[0], *(point.partition(" = ")[2] for point in points[1:])]
    return f"{', '.join(points)}: " if points[0] else ""


def _point(point: xr.Dataset, what: Asked) -> str:
    percent, count = is_share(what.of), int(point["fixed"])
    rise, most = (float(point[f"tuned_violation{end}"]) for end in ("", "_high"))
    if not np.isfinite(rise):
        return f"{_said(point)}, since runs or seeds are missing"
    risen = f"largest rise {amount(rise, percent=percent)}"
    risen += f", at most {amount(most, percent=percent)}" if np.isfinite(most) else ""
    if count == 1:
        return f"{_said(point)} ({risen})"
    shares = [round(float(point[f"{name}_share"]) * count) for name in VERDICTS]
    gain = interval(*(float(point[f"gain{end}"]) for end in ("", "_low", "_high")), percent=percent)
    fixed = f"of {count} fixed strengths {shares[1]} monotone{_range(point, what)}, {shares[2]} not"
    return f"{_said(point)} ({risen} when tuned; {fixed}; tuning gains {gain})"


def _range(point: xr.Dataset, what: Asked) -> str:
    """` (at l2 strength 0.01 to 0.1)`: where fixed strengths are monotone; empty where none is.

    Of one strength every run of neighbors; of several the box around all that are, without the
    sides that have all candidates in them.
    """
    read = [n for n in what.strengths if np.isfinite(float(point["monotone_from"].sel({AXIS: n})))]
    if not read:
        return ""
    if len(read) > 1:
        boxes = {name: _box(point, name) for name in read}
        all_ = {name: (float(point[name].min()), float(point[name].max())) for name in read}
        told = [_ends(what.name(n), *box) for n, box in boxes.items() if box != all_[n]]
        return f" (within {', '.join(told)})" if told else ""
    others = dict.fromkeys(set(what.strengths) - set(read), 0)
    line = point["fixed_verdict"].isel(others).sortby(read[0])
    falls, grid = line.values == MONOTONE, line[read[0]].values
    cuts = np.flatnonzero(np.diff(falls)) + 1
    parts = [part for part in np.split(np.arange(len(grid)), cuts) if falls[part[0]]]
    return (
        f" (at {' and '.join(_ends(what.name(read[0]), *grid[part[[0, -1]]]) for part in parts)})"
    )


def _box(point: xr.Dataset, name: str) -> tuple[float, float]:
    ends = point.sel({AXIS: name})
    return float(ends["monotone_from"]), float(ends["monotone_to"])


def _ends(name: str, low: float, high: float) -> str:
    return f"{name} {label(low)}" + (f" to {label(high)}" if high > low else "")
