"""Train a stack: cells that differ in seeds, data and values, all at once in one process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import attrs
import torch

from ddspec.errors import DdspecError
from ddspec.plan.batch import Way
from ddspec.plan.cell import Cell
from ddspec.training.block import LONGEST
from ddspec.training.course import Course
from ddspec.training.models import Kind, Models, stacked
from ddspec.training.readings import Readings
from ddspec.training.resident import Resident
from ddspec.training.risk import read, risks_of
from ddspec.training.selection import Selection
from ddspec.training.stepper import Stepper
from ddspec.training.stepping import DEFAULT, stepper_of, way_of
from ddspec.vocabulary.kinds import Measure

NO_MEASURES: Mapping[str, Measure] = {}


@attrs.frozen(eq=False)
class Run:
    """What became of one cell: its course, its readings, and its weights and buffers by name.

    way: how its steps were taken.
    """

    course: Course
    readings: Readings
    weights: Mapping[str, torch.Tensor]
    buffers: Mapping[str, torch.Tensor]
    way: Way


def train_stack(
    cells: Sequence[Cell],
    selections: Sequence[Selection],
    device: str = "cpu",
    *,
    unit: Literal["epochs", "steps"] = "epochs",
    points: Sequence[int] = (),
    measures: Mapping[str, Measure] = NO_MEASURES,
    ways: Sequence[Way] = DEFAULT,
) -> list[Run]:
    """Train cells of one stack key; their runs, in the same order.

    A cell's run does not depend on the others: on one processor thread not in a single bit, unless
    its steps are compiled. A cell that is done leaves the stack, with its weights and optimizer
    state as they are then. ways: how to take steps, the first that can be used; DdspecError when
    none can.
    """
    courses = [Course.of(cell) for cell in cells]
    # longest first: the cells still in training are then always the first of the stack
    order = sorted(range(len(cells)), key=lambda number: -courses[number].steps)
    names = [*risks_of(cells[0].dataset), *measures]
    kind, models = stacked([cells[number] for number in order], device)
    _check_padding(kind, courses)
    resident = Resident.of([selections[number] for number in order], kind, device)
    stack = _Stack(
        kind=kind,
        courses=[courses[number] for number in order],
        readings=[Readings.of(courses[number], unit, points, names) for number in order],
        resident=resident,
        stepper=stepper_of(kind, [cells[number] for number in order], resident, ways),
        measures=measures,
    )
    final = stack.run(models)
    way = way_of(stack.stepper)
    runs = {
        number: Run(course, readings, kind.named(model.weights), model.buffers, way)
        for number, course, readings, model in zip(
            order, stack.courses, stack.readings, final, strict=True
        )
    }
    return [runs[number] for number in range(len(cells))]


def _check_padding(kind: Kind, courses: Sequence[Course]) -> None:
    if kind.written and any(course.samples % course.rows for course in courses):
        raise DdspecError(
            "torch's BatchNorm would count the padding of the last, shorter minibatch as samples",
            "build the network with ddspec.vocabulary.layers.BatchNorm, which leaves it out",
            "or let the minibatch divide the number of training samples",
        )


@attrs.frozen(eq=False, kw_only=True)
class _Stack:
    """All that stays the same while a stack trains, and the readings that fill up."""

    kind: Kind
    courses: Sequence[Course]
    readings: Sequence[Readings]
    resident: Resident
    stepper: Stepper
    measures: Mapping[str, Measure]

    def run(self, models: Models) -> list[Models]:
        """Train to the end: each model as it left the stack."""
        left: list[Models] = []
        lost = self._lost(models)
        self._read(models, lost, 0)
        for first, last in itertools.pairwise(self._pauses()):
            models = self._train(models, first, last)
            lost |= self._lost(models)
            gone = self._read(models, lost, last)
            still = sum(course.steps > last for course in self.courses)
            if gone is not None and bool(gone[:still].all()):
                still = 0
            left = [models.one(number) for number in range(still, len(models))] + left
            models, lost = models.first(still), lost[:still]
            if not still:
                break
        return left

    def _pauses(self) -> list[int]:
        """The steps before which something is read, a cell is done or a block of indices ends."""
        end = self.courses[0].steps
        read = {step for readings in self.readings for step in readings.steps if step <= end}
        done = {course.steps for course in self.courses}
        return sorted({*range(0, end, LONGEST), *read, *done})

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
            values = read(self.kind, self.stepper, chosen, group, self.resident, self.measures)
            found += [values.flatten()]
        told = torch.cat(found).cpu()
        gone, *parts = torch.split(told, [len(part) for part in found])
        for group, values in zip(due, parts, strict=True):
            self._note(step, group, values.reshape(-1, len(group)).T.tolist(), gone)
        for number in gone.nonzero().flatten().tolist():
            self.readings[number].lose(step)
        return gone

    def _note(
        self, step: int, group: Sequence[int], values: list[list[float]], gone: torch.Tensor
    ) -> None:
        for number, one in zip(group, values, strict=True):
            named = dict(zip(self.readings[number].series, one, strict=True))
            self.readings[number].note(step, named, finite=not gone[number])

    def _due(self, count: int, step: int) -> Iterator[list[int]]:
        """The models to be read at a step, in groups of equally many samples of each use."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for number, course in enumerate(self.courses[:count]):
            if step in self.readings[number].steps and step <= course.steps:
                sizes = tuple(map(len, self.resident.places[number].values()))
                groups.setdefault(sizes, []).append(number)
        yield from groups.values()
