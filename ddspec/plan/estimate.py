"""Outlooks to what they will take: the way of every group, the seconds of every cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import attrs
import numpy as np

from ddspec.plan.cost import work_of
from ddspec.plan.duration import duration_text
from ddspec.plan.expand import first_appearance
from ddspec.plan.machine import Machine
from ddspec.plan.outlook import Outlook, Steps
from ddspec.plan.plan import Plan
from ddspec.plan.stacking import stack_key, stack_size
from ddspec.plan.ways import Choice, Step, choose

CALIBRATION_CELLS = 20


def with_estimates(
    outlooks: Sequence[Outlook], seconds: Mapping[str, float], machine: Machine, step: Step = "auto"
) -> tuple[Outlook, ...]:
    """The outlooks with their costs on a machine.

    seconds: of stored cells by id, which make the estimates local. Cells that stack count together
    whichever experiment they are of, as they do when they train.
    """
    surveys = [_Survey.of(outlook) for outlook in outlooks]
    counts: Counter[Hashable] = Counter()
    for survey in surveys:
        counts.update(survey.counts)
    return tuple(survey.estimated(seconds, counts, machine, step) for survey in surveys)


@attrs.frozen(eq=False)
class _Survey:
    """An outlook by combination of parts, seeds aside: the first cell of each, and its stack.

    inverse: (cells,), the combination of each cell. pending: (combinations,), cells that train.
    """

    outlook: Outlook
    first: np.ndarray
    inverse: np.ndarray
    pending: np.ndarray
    keys: tuple[Hashable, ...]

    @classmethod
    def of(cls, outlook: Outlook) -> _Survey:
        """The survey of an outlook."""
        plan = outlook.plan
        _, inverse = first_appearance(plan.rows[:, :4], [len(part) for part in plan.parts[:4]])
        first = np.unique(inverse, return_index=True)[1]
        pending = np.bincount(inverse[outlook.pending], minlength=len(first))
        keys = tuple(_key(plan, number) for number in first.tolist())
        return cls(outlook, first, inverse, pending, keys)

    @property
    def counts(self) -> Counter[Hashable]:
        """How many cells of each stack key train."""
        found: Counter[Hashable] = Counter()
        for key, count in zip(self.keys, self.pending.tolist(), strict=True):
            found[key] += count
        return found

    def estimated(
        self,
        seconds: Mapping[str, float],
        counts: Mapping[Hashable, int],
        machine: Machine,
        step: Step,
    ) -> Outlook:
        """The outlook with its costs."""
        outlook, ids = self.outlook, self.outlook.plan.ids
        choices = self._choices(counts, machine, step)
        each = self._seconds(counts, choices, machine)[self.inverse] if ids else np.zeros(0)
        known = [n for n, cell in enumerate(ids) if cell in seconds] if seconds else []
        scale, basis = 1.0, "a model of this machine"
        if len(known) >= CALIBRATION_CELLS:
            scale = sum(seconds[ids[n]] for n in known) / float(each[known].sum())
            basis = f"{len(known)} finished cells"
        return attrs.evolve(
            outlook,
            seconds=float(each[outlook.pending].sum()) * scale,
            basis=basis,
            work=each * scale,
            scale=scale,
            steps=tuple(_steps(choices, self.counts)),
        )

    def _choices(
        self, counts: Mapping[Hashable, int], machine: Machine, step: Step
    ) -> dict[Hashable, Choice]:
        choices: dict[Hashable, Choice] = {}
        for number, key in zip(self.first.tolist(), self.keys, strict=True):
            if key not in choices:
                cell = self.outlook.plan.cell(number)
                choices[key] = choose(cell, max(counts[key], 1), self._readings, machine, step)
        return choices

    def _seconds(
        self, counts: Mapping[Hashable, int], choices: Mapping[Hashable, Choice], machine: Machine
    ) -> np.ndarray:
        """Core-seconds of a cell of each combination."""
        plan, found = self.outlook.plan, np.zeros(len(self.first))
        seeds = len(plan.parts[4])
        for place, (number, key) in enumerate(zip(self.first.tolist(), self.keys, strict=True)):
            cell, choice = plan.cell(number), choices[key]
            work = work_of(cell, self._readings, choice.ways[0], machine.device)
            together = min(stack_size(cell, machine.device), max(counts[key], 1))
            if choice.solved:  # a design is factored anew for every seed
                together = max(counts[key] // seeds, 1)
            found[place] = work.own + work.shared / together
        return found

    @property
    def _readings(self) -> int:
        return max(len(self.outlook.plan.experiment.trajectory.points), 1)


def _key(plan: Plan, number: int) -> Hashable:
    """What the cells of one stack share; of solved cells, those of one design but for its seed."""
    cell = plan.cell(number)
    key = stack_key(cell)
    return (*key[:3], cell.architecture) if key[0] == "closed_form" else key


def _steps(choices: Mapping[Hashable, Choice], counts: Mapping[Hashable, int]) -> list[Steps]:
    """One entry a way and reason, the one of most cells first."""
    groups: dict[tuple[str, str], list[Hashable]] = {}
    for key, choice in choices.items():
        if counts[key]:
            groups.setdefault((choice.name, choice.why), []).append(key)
    found = [
        Steps(way, sum(counts[key] for key in keys), _why([choices[key] for key in keys]))
        for (way, _), keys in groups.items()
    ]
    return sorted(found, key=lambda steps: -steps.cells)


def _why(choices: Sequence[Choice]) -> str:
    """The reason of a way in words; what compiling saves and takes is added up."""
    saved, price = (sum(getattr(choice, n) for choice in choices) for n in ("saved", "price"))
    if not price:
        return choices[0].why
    shapes = "1 shape" if len(choices) == 1 else f"{len(choices)} shapes"
    return f"saves {duration_text(saved)}, compiling {shapes} takes {duration_text(price)}"
