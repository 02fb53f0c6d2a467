"""The eager stepper: a recorded step, operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor
from torch.func import functional_call, vmap

from ddspec.plan.cell import Cell
from ddspec.training.block import Block, Minibatch, gather
from ddspec.training.models import Kind, Models, Tensors
from ddspec.training.recording import once, record
from ddspec.training.resident import Resident
from ddspec.training.simplify import simplify
from ddspec.training.step import Step, Values, key_of


class Eager:
    """A stepper for any network. The step is written for one model, mapped over the stack and
    recorded once for every stack size as a flat list of tensor operations, which is what runs; of
    runs of a few steps it is mapped anew at every step.
    """

    def __init__(self, kind: Kind, cells: Sequence[Cell], resident: Resident) -> None:
        self.kind, self.cells, self.resident = kind, cells, resident
        self.values = Values.of(kind, cells, resident.device)
        self._size = -1  # of the stack that the next two are for
        self._values: list[Tensor] = []
        self._recorded: Callable[..., list[Tensor]]

    def advance(self, models: Models, block: Block) -> Models:
        """The models after the steps of a block."""
        for minibatch in block.minibatches(self.resident.inputs):
            models = self.step(models, minibatch)
        return models

    def step(self, models: Models, minibatch: Minibatch) -> Models:
        """The models after one step on their minibatches."""
        if self._size != len(models):
            self._prepare(models, minibatch)
        return models.refilled(self._recorded(*models.tensors, *self._values, *minibatch.tensors))

    def outputs(self, models: Models, rows: Tensor) -> Tensor:
        """What the models say in evaluation, (k, n, outputs), to resident samples rows (k, n)."""
        kind = self.kind

        def one(vector: Tensor, buffers: Tensors, x: Tensor) -> Tensor:
            named = {name: w.to(kind.arithmetic) for name, w in kind.named(vector).items()}
            outputs: Tensor = functional_call(kind.evaluating, named | passing | buffers, (x,))
            return outputs

        passing = dict.fromkeys((*kind.keyed, *kind.weighted), models.weights.new_ones(1))
        inputs = gather(self.resident.inputs, rows)
        return vmap(one)(models.weights, models.buffers, inputs).to(models.weights.dtype)

    def values_of(self, count: int) -> Values:
        """The values of the first `count` models."""
        return self.values.each(lambda tensor: tensor[:count])

    def _prepare(self, models: Models, minibatch: Minibatch) -> None:
        """Record the step for a stack of this size, or find it recorded, unless there are few."""
        size = len(models)
        values = self.values_of(size)
        step = Step(self.kind, models, values)
        given = [*models.tensors, *values.tensors, *minibatch.tensors]
        self._size, self._values = size, values.tensors
        if self.kind.train.brief(self.kind.cell.dataset.samples):
            self._recorded = vmap(step)
            return
        recorded = once(("eager", size, key_of(step, given)), lambda: simplify(record(step, given)))
        self._recorded = recorded.forward
