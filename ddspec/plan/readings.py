"""What each pending run must record: the readings of every experiment that shares the cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from ddspec.plan.grouping import Reading
from ddspec.plan.outlook import Holding, Outlook
from ddspec.spec.model import Experiment


def readings_of(
    outlooks: Sequence[Outlook], held: Callable[[Iterable[str]], Mapping[str, Holding]]
) -> dict[str, Reading]:
    """The reading of each pending cell, by id.

    A cell that several experiments ask for is read at all their points in one run, and a cell that
    trains again keeps the points it was read at before, so that no earlier dataset loses any.
    """
    readings: dict[str, Reading] = {}
    for outlook in outlooks:
        asked = _asked(outlook.plan.experiment)
        for number in outlook.pending.tolist():
            cell = outlook.plan.ids[number]
            readings[cell] = _union(readings[cell], asked) if cell in readings else asked
    for cell, holding in held(readings).items():
        if holding.unit == readings[cell].unit:
            before = tuple(np.asarray(holding.points).tolist())
            readings[cell] = _union(readings[cell], Reading(readings[cell].unit, before))
    return readings


def _asked(experiment: Experiment) -> Reading:
    trajectory = experiment.trajectory
    measures = {each.recorded.key: each.recorded for each in experiment.measures.values()}
    return Reading(trajectory.unit, trajectory.points, tuple(sorted(measures.items())))


def _union(one: Reading, other: Reading) -> Reading:
    """All points and measures of two readings; readings in different units cannot share a run."""
    if one.unit != other.unit:
        return other
    measures = dict(one.measures) | dict(other.measures)
    points = tuple(sorted({*one.points, *other.points}))
    return Reading(one.unit, points, tuple(sorted(measures.items())))
