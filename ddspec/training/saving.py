"""When the cells of a batch are saved: at a pause when it is time, and when they are trained."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from ddspec.plan.batch import Way
from ddspec.plan.cell import Cell
from ddspec.plan.trajectory import recorded_as, trajectories
from ddspec.training.checkpoint import SERIES, Checkpoint, Keeping, software
from ddspec.training.course import Course
from ddspec.training.readings import Readings
from ddspec.training.snapshot import State
from ddspec.vocabulary.kinds import Measure

LOOK_SECONDS = 1.0  # between two looks at whether everything should be saved now
HELD = 2**28  # bytes of trained cells that wait for the next save; more are saved at once


@attrs.frozen(eq=False, kw_only=True)
class Snapshot:
    """Some models of a stack at one step, by number; what it refers to does not change later.

    seconds: each has trained; arrays: of each, once they are on the host.
    """

    numbers: Sequence[int]
    cells: Sequence[Cell]
    courses: Sequence[Course]
    measures: Mapping[str, Measure]
    readings: Sequence[Readings]
    state: State
    step: int
    way: Way
    device: str
    seconds: Sequence[float]
    arrays: Sequence[dict[str, np.ndarray]] | None = None

    @property
    def size(self) -> int:
        """Bytes, about."""
        models = len(self.state.models)
        whole = sum(tensor.nbytes for tensor in self.state.tensors.values())
        return whole * len(self.numbers) // models

    def on_host(self) -> Snapshot:
        """The same, without a claim on a graphics card's memory."""
        if self.arrays is not None or not self.device.startswith("cuda"):
            return self
        return attrs.evolve(self, arrays=self.state.arrays(self.numbers))

    def checkpoints(self) -> list[Checkpoint]:
        """The checkpoint of each model."""
        cells = [self.cells[number] for number in self.numbers]
        arrays = self.state.arrays(self.numbers) if self.arrays is None else self.arrays
        keys = {cell.id: key for cell, key in trajectories(cells)}
        return [
            self._checkpoint(number, keys[cell.id], own)
            for number, cell, own in zip(self.numbers, cells, arrays, strict=True)
        ]

    def _checkpoint(self, number: int, key: str, own: dict[str, np.ndarray]) -> Checkpoint:
        readings = self.readings[number]
        return Checkpoint(
            cell=self.cells[number].id,
            trajectory=key,
            step=self.step,
            total=self.courses[number].steps,
            way=self.way,
            device=self.device.partition(":")[0],
            software=software(),
            unit=readings.unit,
            points=readings.points,
            steps=readings.steps,
            stop=readings.stop,
            seconds=self.seconds[number],
            names=tuple(recorded_as(self.measures).get(n, n) for n in readings.series),
            arrays=own | {SERIES + name: values for name, values in readings.series.items()},
        )


@attrs.define(eq=False)
class Saving:
    """The checkpoints of one batch. Saving reads the state of a stack and changes nothing of it.

    more: whether other stacks of the batch are still to be trained. A cell that is trained while
    others of its batch are not has no record yet: it waits for the next save.
    """

    keeping: Keeping
    more: bool = False
    _last: float = attrs.field(factory=time.monotonic, init=False)
    _asked: float = attrs.field(init=False)
    _look: float = attrs.field(init=False)
    _waiting: list[Snapshot] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self._asked = self.keeping.keeper.asked()
        self._look = time.monotonic() + LOOK_SECONDS

    @property
    def due(self) -> bool:
        """Whether it is time to save the cells in training."""
        every = self.keeping.every
        if every is None:
            return False
        if time.monotonic() >= self._look:
            asked = self.keeping.keeper.asked()
            self._look = time.monotonic() + LOOK_SECONDS
            if asked > self._asked:
                self._asked, self._last = asked, -math.inf
        return time.monotonic() - self._last >= every

    def save(self, snapshot: Snapshot) -> None:
        """Save cells in training, and those that have waited for it."""
        self._waiting.append(snapshot)
        self._flush()
        self._last = time.monotonic()

    def trained(self, snapshot: Snapshot, *, others: bool) -> None:
        """Take note of cells that have been trained to the end; others: there are more in their
        stack.
        """
        if self.keeping.final:
            self.keeping.keeper.save(snapshot.checkpoints(), kept=True)
        elif self.keeping.every is not None and (others or self.more):
            self._waiting.append(snapshot.on_host())
            if sum(each.size for each in self._waiting) > HELD:
                self._flush()

    def _flush(self) -> None:
        found = [checkpoint for each in self._waiting for checkpoint in each.checkpoints()]
        self._waiting.clear()
        self.keeping.keeper.save(found, kept=False)
