"""A stack in training: what is read of it along the way, and each cell's run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs
import torch

from ddspec.plan.batch import Way
from ddspec.plan.cell import Cell
from ddspec.training.block import LONGEST
from ddspec.training.checkpoint import Checkpoint
from ddspec.training.course import Course
from ddspec.training.models import Kind, Models
from ddspec.training.readings import Readings
from ddspec.training.resident import Resident
from ddspec.training.risk import Reader
from ddspec.training.saving import Saving, Snapshot
from ddspec.training.showing import shown
from ddspec.training.snapshot import State
from ddspec.training.step import Values
from ddspec.training.stepper import Stepper
from ddspec.training.stepping import way_of
from ddspec.training.watching import RiskOf, Watching


@attrs.frozen(eq=False)
class Run:
    """What became of one cell: its course, its readings, and its weights and buffers by name.

    way: how its steps were taken. stopped: the step at which it was found to be over, before its
    end; None when it was not. begun: the step from which it was trained, 0 without a checkpoint;
    seconds: what had been spent on it before.
    """

    course: Course
    readings: Readings
    weights: Mapping[str, torch.Tensor]
    buffers: Mapping[str, torch.Tensor]
    way: Way
    stopped: int | None = None
    begun: int = 0
    seconds: float = 0.0


@attrs.frozen(eq=False, kw_only=True)
class Stack:
    """All that stays the same while a stack trains, and the readings that fill up.

    values: of the models' words. first: the weights before training, (k, parameters). begun: the
    checkpoints that the cells continue from, of one step; none: they train from the start.
    """

    cells: Sequence[Cell]
    kind: Kind
    courses: Sequence[Course]
    readings: Sequence[Readings]
    resident: Resident
    stepper: Stepper
    reader: Reader
    values: Values
    first: torch.Tensor
    begun: Sequence[Checkpoint] = ()
    saving: Saving | None = None
    _clock: float = attrs.field(factory=time.monotonic, init=False)

    def run(self, models: Models) -> list[Run]:
        """Train to the end: each model's run, as it left the stack.

        models: before the first step. Raises DdspecError where checkpoints are of other models.
        """
        left: list[Models] = []
        state, last, over = self._first_state(models), self.start, False
        watching = state.watching
        for step in self._pauses(watching):
            idle = over or step == last
            models = state.models if idle else self._train(state.models, last, step)
            shown, last = self._shown(models, watching, step), step
            lost = state.lost | self._lost(shown)
            gone = self._read(shown, lost, step)
            still = sum(course.steps > step for course in self.courses)
            if step and gone is not None and bool(gone[:still].all()):
                still = 0
            left = [shown.one(number) for number in range(still, len(models))] + left
            self._save(State(models, lost, watching), still, step)
            state = State(models.first(still), lost[:still], watching)
            if not still:
                break
            over = over or (watching is not None and step > 0 and watching.all_over(still, step))
        return self._runs(left, watching)

    @property
    def start(self) -> int:
        """The step before which it begins."""
        return self.begun[0].step if self.begun else 0

    def _first_state(self, models: Models) -> State:
        lost = torch.zeros(len(models), dtype=torch.bool, device=models.weights.device)
        state = State(models, lost, Watching.of(self.kind, self.courses, models))
        return state.resumed(self.begun) if self.begun else state

    def _save(self, state: State, still: int, step: int) -> None:
        """Save the first `still` models, if it is time, and note those that are trained."""
        if self.saving is None:
            return
        trained = [
            number
            for number in range(still, len(state.models))
            if self.courses[number].steps == step and self.readings[number].stop is None
        ]
        if trained:
            self.saving.trained(self._snapshot(state, step, trained), others=still > 0)
        if still and step > self.start and self.saving.due:
            self.saving.save(self._snapshot(state, step, range(still)))

    def _snapshot(self, state: State, step: int, numbers: Sequence[int]) -> Snapshot:
        taken = [min(step, course.steps) - self.start for course in self.courses]
        share = (time.monotonic() - self._clock) / max(sum(taken), 1)
        return Snapshot(
            numbers=numbers,
            cells=self.cells,
            courses=self.courses,
            measures=self.reader.measures,
            readings=self.readings,
            state=state,
            step=step,
            way=way_of(self.stepper),
            device=self.resident.device,
            seconds=[
                before + steps * share for before, steps in zip(self._spent(), taken, strict=True)
            ],
        )

    def _spent(self) -> list[float]:
        """Seconds that each cell had taken when the stack began."""
        return [each.seconds for each in self.begun] or [0.0] * len(self.courses)

    def _runs(self, left: Sequence[Models], watching: Watching | None) -> list[Run]:
        stops = [None] * len(left) if watching is None else watching.stops()
        way, start = way_of(self.stepper), self.start
        return [
            Run(course, readings, self.kind.named(m.weights), m.buffers, way, stop, start, spent)
            for course, readings, m, stop, spent in zip(
                self.courses, self.readings, left, stops, self._spent(), strict=True
            )
        ]

    def _shown(self, models: Models, watching: Watching | None, step: int) -> Models:
        """The models as they are read at a step, after whoever watches has looked at them."""
        models = shown(self.kind, self.values, models)
        if watching is None:
            return models
        if step > self.start or not self.begun:  # a checkpoint was made after the look
            for group in self._alike(watching.due(len(models), step)):
                chosen = models if len(group) == len(models) else models.chosen(group)
                watching.look(models, group, step, self._risk_of(chosen))
        return watching.shown(models)

    def _risk_of(self, models: Models) -> RiskOf:
        return lambda quantity, numbers: self.reader.risk(quantity, models, numbers)

    def _pauses(self, watching: Watching | None) -> list[int]:
        """The steps before which something is read or looked at, a cell is done or a block of
        indices ends, from the start on.
        """
        end, start = self.courses[0].steps, self.start
        read = {step for readings in self.readings for step in readings.steps if step <= end}
        done = {course.steps for course in self.courses}
        looks = set() if watching is None else watching.steps()
        pauses = {*range(0, end, LONGEST), *read, *done, *looks}
        return [start, *sorted(step for step in pauses if step > start)]

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
            if step not in self.readings[number].known
        )

    def _alike(self, numbers: Iterable[int]) -> Iterator[list[int]]:
        """Models in groups of equally many samples of each use."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for number in numbers:
            sizes = tuple(map(len, self.resident.places[number].values()))
            groups.setdefault(sizes, []).append(number)
        yield from groups.values()
