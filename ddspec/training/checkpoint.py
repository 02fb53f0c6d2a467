"""A checkpoint: the state of one cell between two steps of its training, and who keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Literal, Protocol

import attrs
import numpy as np

import ddspec
from ddspec.plan.batch import Way

SERIES = "series/"  # begins the names of readings among a checkpoint's arrays


def software() -> str:
    """What later steps must be taken with for the same bits; loads no torch."""
    return f"ddspec {ddspec.__version__}, torch {version('torch')}"


@attrs.frozen(eq=False, kw_only=True)
class Checkpoint:
    """All that a cell's further training depends on and its cell does not say.

    Random numbers are drawn by step and minibatches by epoch, so that `step` is the state of every
    stream. trajectory: see `ddspec.plan.trajectory`. total: steps of the whole training. way,
    device (`cpu`, `cuda`) and software: how the steps so far were taken, which later ones must be
    for the same bits. points in `unit`, and the same in steps: where the run is read; stop: as in
    `Readings`. seconds: trained so far. names: what was read, see `recorded_as`. arrays: by name,
    of the model and of what was read.
    """

    cell: str
    trajectory: str
    step: int
    total: int
    way: Way
    device: str
    software: str
    unit: Literal["epochs", "steps"]
    points: tuple[int, ...]
    steps: tuple[int, ...]
    stop: int | None
    seconds: float
    names: tuple[str, ...]
    arrays: Mapping[str, np.ndarray] = attrs.field(factory=dict, repr=False)

    def series_of(self, recorded: Mapping[str, str]) -> dict[str, np.ndarray]:
        """What was read of some quantities, by name, (steps, ...) float64; NaN where nothing has
        been yet. recorded: what each is among `names`; others are left out.
        """
        have = {name: self.arrays.get(SERIES + name) for name in recorded}
        return {
            name: values
            for name, values in have.items()
            if values is not None and recorded[name] in self.names
        }

    @property
    def final(self) -> bool:
        """Whether it is of the end of a training."""
        return self.step == self.total


class Keeper(Protocol):
    """Keeps the checkpoints of a run; a cell has one at most that is not its last.

    What cannot be kept or read is said on standard error: no training ends for it.
    """

    def load(self, cells: Sequence[str]) -> dict[str, Checkpoint]:
        """The checkpoints that cells, by id, may continue from."""

    def asked(self) -> float:
        """When it was last asked for that everything is saved, 0 when it never was: some number
        that grows from one request to the next.
        """

    def save(self, checkpoints: Sequence[Checkpoint], *, kept: bool) -> None:
        """Keep checkpoints in place of earlier ones of their cells; `kept`: for good, as the last
        of cells that have been trained.
        """


@attrs.frozen(eq=False)
class Keeping:
    """Who keeps checkpoints, and when: of cells in training every so many seconds, None for never;
    `final`: of every trained cell as well, for good.
    """

    keeper: Keeper
    every: float | None = 600.0
    final: bool = False
