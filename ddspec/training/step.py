"""One step of training, for one model: what is recorded for a stack of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.func import functional_call, grad

from ddspec.plan.cell import Cell
from ddspec.training.block import Minibatch
from ddspec.training.models import Kind, Models, Tensors, parts, varying, with_values
from ddspec.vocabulary.kinds import Schedule, Word
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
        """One model's weights, buffers and optimizer state after the step."""
        rest = iter(tensors)
        model = self.models.each(lambda _: next(rest))
        values = self.values.each(lambda _: next(rest))
        minibatch = Minibatch(*rest)
        gradient, buffers = self._gradient(model, values, minibatch)
        word = with_values(self.kind.train.optimizer, values.optimizer)
        before, slopes = (parts(self.kind, word, v) for v in (model.weights, gradient))
        after, state = word.step(before, slopes, model.state, minibatch.rate)
        weights = torch.cat([tensor.flatten() for tensor in after.values()])
        return [weights, *_in_order(buffers, model.buffers), *_in_order(state, model.state)]

    def _gradient(
        self, model: Models, values: Values, minibatch: Minibatch
    ) -> tuple[Tensor, Tensors]:
        """The gradient of mean loss + penalties as one vector, and the new buffers."""

        def loss(named: Tensors) -> tuple[Tensor, Tensors]:
            return self._loss(named, model.buffers, minibatch)

        slopes, after = grad(loss, has_aux=True)(self.kind.named(model.weights))
        gradient = torch.cat([slope.flatten() for slope in slopes.values()])
        for word, own in zip(self.kind.cell.regularizer, values.terms, strict=True):
            term = with_values(word, own)
            given = parts(self.kind, term, model.weights)
            if term.penalty([*given.values()]) is None:
                continue
            slope = grad(lambda w, term=term: term.penalty([*w.values()]))(given)
            gradient = gradient + torch.cat([part.flatten() for part in slope.values()])
        return gradient, after

    def _loss(
        self, named: Tensors, buffers: Tensors, minibatch: Minibatch
    ) -> tuple[Tensor, Tensors]:
        kind = self.kind
        given = {name: weight.to(kind.arithmetic) for name, weight in named.items()} | buffers
        given |= {name: buffers[name].clone() for name in kind.written}
        given |= dict.fromkeys(kind.keyed, minibatch.key)
        given |= dict.fromkeys(kind.weighted, minibatch.rows)
        outputs = functional_call(kind.training, given, (minibatch.inputs,))
        each = kind.train.loss.each(outputs.to(minibatch.rows.dtype), minibatch.targets)
        mean = (each * minibatch.rows).sum() / minibatch.rows.sum()
        return mean, {name: given[name] for name in buffers}  # a layer may have replaced its own


def key_of(step: Step, tensors: Iterable[Tensor]) -> Hashable:
    """What a recorded step depends on but for the number of models; equal keys, equal steps.

    `tensors`: those that the step will take, for a stack.
    """
    cell, kind = step.kind.cell, step.kind
    key = (
        (cell.architecture, cell.dataset.shape, cell.dataset.outputs, tuple(kind.shapes.items())),
        tuple(map(_fixed, (*cell.regularizer, kind.train.optimizer, kind.train.loss))),
        (kind.arithmetic, *step.models.buffers, *step.models.state),
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
