"""One step of training, for one model: what is recorded for a stack of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

from ddspec.plan.cell import Cell
from ddspec.training.block import Minibatch
from ddspec.training.models import Kind, Models, Tensors, parts, varying, with_values
from ddspec.training.passing import Passing
from ddspec.vocabulary.kinds import Regularizer, Schedule, Word
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent


@attrs.frozen(eq=False)
class Values:
    """What differs between the models in the words themselves, (k,) float64 each, by field."""

    optimizer: Tensors
    terms: tuple[Tensors, ...]

    @classmethod
    def of(cls, kind: Kind, cells: Sequence[Cell], device: str) -> Values:
        """The values of cells that stack."""
        optimizers = [c.train.optimizer for c in cells if isinstance(c.train, GradientDescent)]
        terms = (
            varying([cell.regularizer[place] for cell in cells], device)
            for place in range(len(kind.cell.regularizer))
        )
        return cls(varying(optimizers, device), tuple(terms))

    @property
    def tensors(self) -> list[Tensor]:
        """Its tensors in order."""
        return [tensor for named in (self.optimizer, *self.terms) for tensor in named.values()]

    def each(self, change: Callable[[Tensor], Tensor]) -> Values:
        """The values with every tensor changed."""
        optimizer, *terms = (
            {name: change(tensor) for name, tensor in named.items()}
            for named in (self.optimizer, *self.terms)
        )
        return Values(optimizer, tuple(terms))


@attrs.frozen(eq=False)
class Step:
    """The step of one model as a function of tensors, fit for vmap.

    It takes the tensors of a model, of its values and of its minibatch, one after the other, and
    gives those of the model after the step. `models` and `values` say which is which.
    """

    kind: Kind
    models: Models
    values: Values

    def __call__(self, *tensors: Tensor) -> list[Tensor]:
        """One model's weights, buffers and states after the step."""
        rest = iter(tensors)
        model = self.models.each(lambda _: next(rest))
        values = self.values.each(lambda _: next(rest))
        minibatch = Minibatch(*rest)
        word = with_values(self.kind.train.optimizer, values.optimizer | self._paces(minibatch))
        passing = Passing(self.kind, model, minibatch, self._terms(values), word)
        gradient, buffers, kept = passing.gradient()
        before, slopes = (parts(self.kind, word, v) for v in (model.weights, gradient))
        named, state = word.step(before, slopes, passing.state, minibatch.rate)
        vector = torch.cat([tensor.flatten() for tensor in named.values()])
        after, held = passing.settled(vector, buffers)
        return [
            after,
            *_in_order(buffers, model.buffers),
            *_in_order(state | kept, model.state),
            *_in_order(held, model.held),
        ]

    def _terms(self, values: Values) -> tuple[Regularizer, ...]:
        words = self.kind.cell.regularizer
        return tuple(with_values(w, own) for w, own in zip(words, values.terms, strict=True))

    def _paces(self, minibatch: Minibatch) -> Tensors:
        if not self.kind.train.optimizer.paces or minibatch.paces is None:
            return {}
        return dict(zip(self.kind.train.optimizer.paces, minibatch.paces.unbind(), strict=True))


def key_of(step: Step, tensors: Iterable[Tensor]) -> Hashable:
    """What a recorded step depends on but for the number of models; equal keys, equal steps.

    `tensors`: those that the step will take, for a stack.
    """
    cell, kind = step.kind.cell, step.kind
    key = (
        (cell.architecture, cell.dataset.shape, cell.dataset.outputs, tuple(kind.shapes.items())),
        tuple(map(_fixed, (*cell.regularizer, kind.train.optimizer, kind.train.loss))),
        (kind.arithmetic, kind.sharing),
        (*step.models.buffers, *step.models.state, *step.models.held),
        tuple((tensor.shape[1:], tensor.dtype, tensor.device) for tensor in tensors),
    )
    try:
        hash(key)
    except TypeError:  # a word with a value that cannot be compared: nothing is shared
        return object()
    return key


def _fixed(word: Word) -> tuple[Any, ...]:
    """A word's class and those of its values that are the same for every model of a stack."""
    fields = [p.field for p in word.parameters_of() if not p.stacked]
    values = {field: getattr(word, field) for field in fields}
    # a schedule enters as the rate of each step
    return type(word), *((f, v) for f, v in values.items() if not isinstance(v, Schedule))


def _in_order(tensors: Tensors, names: Iterable[str]) -> list[Tensor]:
    return [tensors[name] for name in names]
