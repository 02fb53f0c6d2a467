"""Checkpoint and cell to a verdict: whether the one can be the beginning of the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np

from ddspec.plan.cell import Cell
from ddspec.training.checkpoint import Checkpoint
from ddspec.training.course import Course
from ddspec.training.readings import placed


def obstacle(
    found: Checkpoint,
    cell: Cell,
    unit: Literal["epochs", "steps"],
    points: Sequence[int],
    names: Collection[str],
) -> str:
    """What keeps a cell that is read so from continuing from a checkpoint of its trajectory; empty
    when nothing does, and then its run is the same in every bit.

    unit, points: where it is read; names: what is read there. Readings of the time before the
    checkpoint must be in it. A checkpoint of another length serves when all schedules have given
    the same values so far.
    """
    course = Course.of(cell)
    if found.step > course.steps:
        return "it is of a later step"
    asked, steps, _ = placed(course, unit, points)
    if found.stop is not None and (found.cell, found.unit, found.points) != (cell.id, unit, asked):
        return "it has diverged"
    before = {step for step in steps if step < found.step}
    if not before <= set(found.steps):
        return f"some {unit} asked for now were not read then"
    if before and not set(names) <= set(found.names):
        return "some measures asked for now were not read then"
    if not _same_so_far(found, course):
        return "the schedule depends on the length of training"
    return ""


def _same_so_far(found: Checkpoint, course: Course) -> bool:
    """Whether all schedules have the same values at all steps of a checkpoint in both lengths."""
    if found.total == course.steps:
        return True
    steps = np.arange(found.step)
    optimizer = course.train.optimizer
    return all(
        np.array_equal(schedule.rates(steps, found.total), schedule.rates(steps, course.steps))
        for schedule in (optimizer.lr, *optimizer.paces.values())
    )
