"""The readings of one run: when it is read, what was found, and when it stopped being finite."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Literal

import attrs
import numpy as np

from ddspec.training.course import Course

LARGEST = float(np.finfo(np.float32).max)


def storable(value: float) -> bool:
    """True when a risk is finite as it is kept, in float32."""
    return abs(value) <= LARGEST


def kept(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Values as they are kept, in float32; what is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(values, np.float64).astype(np.float32)


def placed(
    course: Course, unit: Literal["epochs", "steps"], points: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """The points at which a course is read, the same in steps, and its end in that unit."""
    length = course.epoch if unit == "epochs" else 1
    end = -(-course.steps // length)
    asked = tuple(sorted({*points, end}))
    return asked, tuple(course.steps if p == end else p * length for p in asked), end


@attrs.define(eq=False)
class Readings:
    """Filled in while a cell trains.

    points: in the unit asked for, the end of training always among them (a pass that is cut short
    counts as an epoch); steps: the same in steps. series: name -> (points, ...) float64.
    stop: the reading, or the end, at which a loss or a weight was first not finite; None without.
    known: steps at which all there is to read has been taken from a checkpoint.
    """

    points: tuple[int, ...]
    steps: tuple[int, ...]
    end: int
    series: dict[str, np.ndarray]
    unit: Literal["epochs", "steps"] = "epochs"
    stop: int | None = None
    known: set[int] = attrs.field(factory=set)

    @classmethod
    def of(
        cls,
        course: Course,
        unit: Literal["epochs", "steps"],
        points: Sequence[int],
        shapes: Mapping[str, tuple[int, ...]],
    ) -> Readings:
        """The readings of a course at `points` and at its end, all NaN yet: of quantities by name,
        each of a shape.

        The end is always read, so that an experiment that asks for nothing else can share the run.
        Points beyond the end stay NaN.
        """
        asked, steps, end = placed(course, unit, points)
        series = {name: np.full((len(asked), *shape), math.nan) for name, shape in shapes.items()}
        return cls(asked, steps, end, series, unit)

    def note(self, step: int, values: np.ndarray, *, finite: bool) -> None:
        """Record what was read at a step, all quantities laid flat one after the other; once
        something was not finite, nothing more.

        `finite` says whether every weight is. Values count as they are stored, in float32.
        """
        if self.stop is not None:
            return
        place = self.steps.index(step)
        ends = itertools.accumulate(math.prod(s.shape[1:]) for s in self.series.values())
        parts = dict(zip(self.series, np.split(values, [*ends]), strict=False))
        losses = [float(part[0]) for name, part in parts.items() if name.endswith("_loss")]
        if not (finite and all(map(storable, losses))):
            self.stop = self.points[place]
            return
        for name, part in parts.items():
            self.series[name][place] = part.reshape(self.series[name].shape[1:])

    def recall(
        self, step: int, steps: Sequence[int], series: Mapping[str, np.ndarray], stop: int | None
    ) -> None:
        """Take over what the run has read up to a step; steps: of those readings and later ones."""
        self.stop = stop
        given = {each: place for place, each in enumerate(steps) if each <= step}
        for place, each in enumerate(self.steps):
            if each in given:
                for name in self.series.keys() & series.keys():
                    self.series[name][place] = series[name][given[each]]
        if self.series.keys() <= series.keys():
            self.known |= given.keys()

    def lose(self, step: int) -> None:
        """The weights are not finite at a step: the run is over at the next reading."""
        if self.stop is None:
            later = (p for p, s in zip(self.points, self.steps, strict=True) if s >= step)
            self.stop = min(next(later, self.end), self.end)
