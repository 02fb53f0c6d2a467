"""A stack in training: what is read of it along the way, and each cell's run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs
import torch

from ddspec.plan.batch import Way
from ddspec.training.block import LONGEST
from ddspec.training.course import Course
from ddspec.training.models import Kind, Models
from ddspec.training.readings import Readings
from ddspec.training.resident import Resident
from ddspec.training.risk import Reader
from ddspec.training.showing import shown
from ddspec.training.step import Values
from ddspec.training.stepper import Stepper
from ddspec.training.stepping import way_of
from ddspec.training.watching import RiskOf, Watching


@attrs.frozen(eq=False)
class Run:
    """What became of one cell: its course, its readings, and its weights and buffers by name.

    way: how its steps were taken. stopped: the step at which it was found to be over, before its
    end; None when it was not.
    """

    course: Course
    readings: Readings
    weights: Mapping[str, torch.Tensor]
    buffers: Mapping[str, torch.Tensor]
    way: Way
    stopped: int | None = None


@attrs.frozen(eq=False, kw_only=True)
class Stack:
    """All that stays the same while a stack trains, and the readings that fill up.

    values: of the models' words. first: the weights before training, (k, parameters).
    """

    kind: Kind
    courses: Sequence[Course]
    readings: Sequence[Readings]
    resident: Resident
    stepper: Stepper
    reader: Reader
    values: Values
    first: torch.Tensor

    def run(self, models: Models) -> list[Run]:
        """Train to the end: each model's run, as it left the stack."""
        left: list[Models] = []
        watching = Watching.of(self.kind, self.courses, models)
        shown = self._shown(models, watching, 0)
        lost = self._lost(shown)
        self._read(shown, lost, 0)
        over = False
        for first, last in itertools.pairwise(self._pauses(watching)):
            models = models if over else self._train(models, first, last)
            shown = self._shown(models, watching, last)
            lost |= self._lost(shown)
            gone = self._read(shown, lost, last)
            still = sum(course.steps > last for course in self.courses)
            if gone is not None and bool(gone[:still].all()):
                still = 0
            left = [shown.one(number) for number in range(still, len(models))] + left
            models, lost = models.first(still), lost[:still]
            if not still:
                break
            over = over or (watching is not None and watching.all_over(still, last))
        return self._runs(left, watching)

    def _runs(self, left: Sequence[Models], watching: Watching | None) -> list[Run]:
        stops = [None] * len(left) if watching is None else watching.stops()
        return [
            Run(course, readings, self.kind.named(m.weights), m.buffers, way_of(self.stepper), stop)
            for course, readings, m, stop in zip(
                self.courses, self.readings, left, stops, strict=True
            )
        ]

    def _shown(self, models: Models, watching: Watching | None, step: int) -> Models:
        """The models as they are read at a step, after whoever watches has looked at them."""
        models = shown(self.kind, self.values, models)
        if watching is None:
            return models
        for group in self._alike(watching.due(len(models), step)):
            chosen = models if len(group) == len(models) else models.chosen(group)
            watching.look(models, group, step, self._risk_of(chosen))
        return watching.shown(models)

    def _risk_of(self, models: Models) -> RiskOf:
        return lambda quantity, numbers: self.reader.risk(quantity, models, numbers)

    def _pauses(self, watching: Watching | None) -> list[int]:
        """The steps before which something is read or looked at, a cell is done or a block of
        indices ends.
        """
        end = self.courses[0].steps
        read = {step for readings in self.readings for step in readings.steps if step <= end}
        done = {course.steps for course in self.courses}
        looks = set() if watching is None else watching.steps()
        return sorted({*range(0, end, LONGEST), *read, *done, *looks})

    def _train(self, models: Models, first: int, last: int) -> Models:
        courses = self.courses[: len(models)]
        block = self.resident.block(courses, first, last, models.weights.dtype)
        return self.stepper.advance(models, block)

    def _lost(self, models: Models) -> torch.Tensor:
        """Which models have weights that are not finite, (k,), without waiting for the answer."""
        return ~models.weights.isfinite().all(dim=1)

    def _read(self, models: Models, lost: torch.Tensor, step: int) -> torch.Tensor | None:
        """Note what is due at a step, all of it in one transfer: then which models are lost."""
        due = list(self._due(len(models), step))
        if not due:
            return None
        found = [lost.double()]
        for group in due:
            chosen = models if len(group) == len(models) else models.chosen(group)
            found += [self.reader.read(chosen, group, self.first[group]).flatten()]
        told = torch.cat(found).cpu()
        gone, *parts = torch.split(told, [len(part) for part in found])
        for group, values in zip(due, parts, strict=True):
            for number, one in zip(group, values.reshape(-1, len(group)).T.numpy(), strict=True):
                self.readings[number].note(step, one, finite=not gone[number])
        for number in gone.nonzero().flatten().tolist():
            self.readings[number].lose(step)
        return gone

    def _due(self, count: int, step: int) -> Iterator[list[int]]:
        """The models to be read at a step, in groups of equally many samples of each use."""
        yield from self._alike(
            number
            for number, course in enumerate(self.courses[:count])
            if step in self.readings[number].steps and step <= course.steps
        )

    def _alike(self, numbers: Iterable[int]) -> Iterator[list[int]]:
        """Models in groups of equally many samples of each use."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for number in numbers:
            sizes = tuple(map(len, self.resident.places[number].values()))
            groups.setdefault(sizes, []).append(number)
        yield from groups.values()
