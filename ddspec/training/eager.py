"""One step of training, for all models of a stack at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from ddspec.plan.cell import Cell
from ddspec.training.block import Block, Minibatch, gather
from ddspec.training.models import Kind, Models, Tensors, parts, varying, with_values
from ddspec.training.resident import Resident
from ddspec.training.simplify import simplify
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent


class Eager:
    """A stepper for any network. The step is written for one model, mapped over the stack and
    recorded once for every stack size as a flat list of tensor operations, which is what runs.
    """

    def __init__(self, kind: Kind, cells: Sequence[Cell], resident: Resident) -> None:
        self.kind, self.resident = kind, resident
        device = resident.device
        self.optimizer = varying([_train(cell).optimizer for cell in cells], device)
        self.terms = [
            varying([cell.regularizer[place] for cell in cells], device)
            for place in range(len(kind.cell.regularizer))
        ]
        self._recorded: dict[int, Callable[..., tuple[Tensor, Tensors, Tensors]]] = {}

    def advance(self, models: Models, block: Block) -> Models:
        """The models after the steps of a block."""
        for minibatch in block.minibatches(self.resident.inputs):
            models = self.step(models, minibatch)
        return models

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

    def step(self, models: Models, minibatch: Minibatch) -> Models:
        """The models after one step on their minibatches."""
        count = len(models)
        optimizer = {name: tensor[:count] for name, tensor in self.optimizer.items()}
        terms = [{name: t[:count] for name, t in values.items()} for values in self.terms]
        given = (models.weights, models.buffers, models.state, optimizer, terms)
        if count not in self._recorded:
            recorded = make_fx(vmap(self._advance))(*given, *minibatch.tensors)
            self._recorded[count] = simplify(recorded)
        return Models(*self._recorded[count](*given, *minibatch.tensors))

    def _advance(
        self,
        weights: Tensor,
        buffers: Tensors,
        state: Tensors,
        optimizer: Tensors,
        terms: Sequence[Tensors],
        *seen: Tensor,
    ) -> tuple[Tensor, Tensors, Tensors]:
        """One model's weights, buffers and optimizer state after a step."""
        minibatch = Minibatch(*seen)
        gradient, buffers = self._gradient(weights, buffers, terms, minibatch)
        word = with_values(self.kind.train.optimizer, optimizer)
        before, slopes = (parts(self.kind, word, vector) for vector in (weights, gradient))
        after, state = word.step(before, slopes, state, minibatch.rate)
        return torch.cat([tensor.flatten() for tensor in after.values()]), buffers, state

    def _gradient(
        self, weights: Tensor, buffers: Tensors, terms: Sequence[Tensors], minibatch: Minibatch
    ) -> tuple[Tensor, Tensors]:
        """The gradient of mean loss + penalties as one vector, and the new buffers."""

        def loss(named: Tensors) -> tuple[Tensor, Tensors]:
            return self._loss(named, buffers, minibatch)

        slopes, after = grad(loss, has_aux=True)(self.kind.named(weights))
        gradient = torch.cat([slope.flatten() for slope in slopes.values()])
        for word, values in zip(self.kind.cell.regularizer, terms, strict=True):
            term = with_values(word, values)
            given = parts(self.kind, term, weights)
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


def _train(cell: Cell) -> GradientDescent:
    assert isinstance(cell.train, GradientDescent)
    return cell.train
