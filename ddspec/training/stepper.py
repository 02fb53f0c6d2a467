"""A stepper: what takes a stack of models through its minibatches, and through evaluation."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from ddspec.training.block import Block, Minibatch
from ddspec.training.models import Models


class Stepper(Protocol):
    """Trains the first models of a stack; made for all of its cells and their resident samples."""

    def advance(self, models: Models, block: Block) -> Models:
        """The models after the steps of a block, of which they are the first dimension but one.

        The given models keep their numbers.
        """

    def outputs(self, models: Models, rows: Tensor) -> Tensor:
        """What the models say in evaluation, (k, n, outputs), to resident samples rows (k, n)."""


class SingleStepper(Stepper, Protocol):
    """A stepper that can also take one step at a time."""

    def step(self, models: Models, minibatch: Minibatch) -> Models:
        """The models after one step on their minibatches."""
