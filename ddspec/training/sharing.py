"""What becomes of a stack's steps, evaluation and checkpoints where processes train it together."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from ddspec.training.block import Block
from ddspec.training.checkpoint import Checkpoint, Keeper, Keeping
from ddspec.training.models import Models
from ddspec.training.shared import Group
from ddspec.training.stepper import Stepper


@attrs.define(eq=False)
class Together:
    """A stepper of processes that divide rows, in evaluation as well.

    inner: takes the steps, and evaluates the rows of this process.
    """

    inner: Stepper
    group: Group
    _agreed: bool = attrs.field(default=False, init=False)

    def advance(self, models: Models, block: Block) -> Models:
        """The models after the steps of a block."""
        if not self._agreed:  # processors of two makes may draw first weights that differ in a bit
            models, self._agreed = models.each(self.group.first), True
        return self.inner.advance(models, block)

    def outputs(self, models: Models, rows: Tensor) -> Tensor:
        """What the models say in evaluation, (k, n, outputs), to resident samples rows (k, n)."""
        count = rows.shape[1]
        length = self.group.length(count)
        begin = self.group.rank * length
        places = torch.arange(begin, begin + length, device=rows.device).clamp(max=count - 1)
        found = self.inner.outputs(models, rows.index_select(1, places))
        return self.group.outputs(found, count)


@attrs.frozen(eq=False)
class Shared:
    """The keeper of processes that train the same cells: the first asks and saves for all.

    A checkpoint is of so many devices as trained it: with another number of them sums are rounded
    otherwise, and training would not go on with the same bits.
    """

    keeper: Keeper
    group: Group

    def load(self, cells: Sequence[str]) -> dict[str, Checkpoint]:
        """The checkpoints that cells may continue from, for every process the same."""
        found = self.keeper.load(cells) if self.group.rank == 0 else {}
        told: dict[str, Checkpoint] = self.group.told(found)
        return {cell: self._of_one(checkpoint) for cell, checkpoint in told.items()}

    def save(self, checkpoints: Sequence[Checkpoint], *, kept: bool) -> None:
        """Keep checkpoints, marked with the number of devices."""
        marked = [attrs.evolve(each, device=each.device + self._mark) for each in checkpoints]
        if self.group.rank == 0:
            self.keeper.save(marked, kept=kept)

    def asked(self) -> float:
        """As the keeper of the first process; never by the others, who save nothing."""
        return self.keeper.asked() if self.group.rank == 0 else 0.0

    @property
    def _mark(self) -> str:
        return f" x {self.group.size}"

    def _of_one(self, checkpoint: Checkpoint) -> Checkpoint:
        """The checkpoint as one device would have it, or of a device that nobody has."""
        device = checkpoint.device.removesuffix(self._mark)
        if device == checkpoint.device and " x " not in device:
            device = f"{device} x 1"
        return attrs.evolve(checkpoint, device=device)


def keeping_of(keeping: Keeping, group: Group) -> Keeping:
    """How one of the processes keeps checkpoints: but for the first, it reads them only."""
    shared = Shared(keeping.keeper, group)
    return attrs.evolve(keeping, keeper=shared) if group.rank == 0 else Keeping(shared, None)
