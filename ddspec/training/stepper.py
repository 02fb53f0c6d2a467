"""A stepper: what takes a stack of models through its minibatches, and through evaluation."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from ddspec.training.block import Block
from ddspec.training.models import Models


class Stepper(Protocol):
    """Trains the first models of a stack; made for all of its cells and their resident samples."""

    def advance(self, models: Models, block: Block) -> Models:
        """The models after the steps of a block, of which they are the first dimension but one."""

    def outputs(self, models: Models, rows: Tensor) -> Tensor:
        """What the models say in evaluation, (k, n, outputs), to resident samples rows (k, n)."""
