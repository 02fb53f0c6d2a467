"""One model's pass through a step: its minibatch, objective and gradient as its terms want them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import attrs
import torch
from torch import Tensor
from torch.func import functional_call, grad

from ddspec.training.block import Minibatch
from ddspec.training.models import (
    SAMPLES,
    Kind,
    Models,
    Sharing,
    Tensors,
    held_of,
    overrides,
    parts,
)
from ddspec.vocabulary.kinds import Optimizer, Regularizer
from ddspec.vocabulary.seen import Examples, Network, Taken

Gradient = Callable[[Tensor], Tensor]


@attrs.frozen(eq=False)
class Passing:
    """A model before its step, its minibatch, and the terms of its composition and its optimizer
    with its values.
    """

    kind: Kind
    model: Models
    minibatch: Minibatch
    terms: tuple[Regularizer, ...]
    optimizer: Optimizer

    def gradient(self) -> tuple[Tensor, Tensors, Tensors]:
        """The gradient to follow, (parameters,), the buffers after the pass, and what the optimizer
        keeps of samples, if it does.
        """
        seen = self._seen()
        found: list[tuple[Tensors, Tensor]] = []

        def at(vector: Tensor) -> Tensor:
            slope, passed = self._slope(vector, seen)
            found.append(passed)
            return slope

        follow: Gradient = at
        for _, term in self._acting("slope"):
            follow = partial(_slope_of, term, follow, seen.key)
        slope = follow(self.model.weights)
        # what is passed first, at the weights themselves, is what running averages see
        buffers, losses = found[0]
        return slope, buffers, self._kept(losses, seen.weights)

    @property
    def state(self) -> Tensors:
        """The optimizer's state of the weights."""
        return {name: t for name, t in self.model.state.items() if name != SAMPLES}

    def _weighed(self, losses: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """The factor of each row's slope, and what the optimizer keeps of its sample."""
        assert self.minibatch.samples is not None
        kept = self.model.state[SAMPLES].gather(0, self.minibatch.samples)
        return self.optimizer.weigh(losses, kept, weights / weights.sum(), self.minibatch.rate)

    def _kept(self, losses: Tensor, weights: Tensor) -> Tensors:
        if not self.optimizer.samplewise:
            return {}
        assert self.minibatch.samples is not None
        before, samples = self.model.state[SAMPLES], self.minibatch.samples
        new = self._weighed(losses, weights)[1] - before.gather(0, samples)
        change = torch.where(weights > 0, new, 0.0).to(before.dtype)
        return {SAMPLES: before.index_add(0, samples, change)}

    def settled(self, vector: Tensor, buffers: Tensors) -> tuple[Tensor, Tensors]:
        """The weights, (parameters,), and what the terms keep, after the optimizer's step."""
        held = dict(self.model.held)
        for place, term in self._acting("settle"):
            before, after = (parts(self.kind, term, v) for v in (self.model.weights, vector))
            kept = held_of(held, place)
            named, kept = term.settle(Taken(before, after, buffers, kept, self.minibatch.rate))
            vector = torch.cat([tensor.flatten() for tensor in named.values()])
            held |= {f"{place}:{name}": tensor for name, tensor in kept.items()}
        return vector, held

    def _acting(self, hook: str) -> Iterator[tuple[int, Regularizer]]:
        """The terms that do something of their own there, in the order in which they act."""
        acting = [(p, t) for p, t in enumerate(self.terms) if overrides(t, hook)]
        yield from sorted(acting, key=lambda pair: (pair[1].rank, pair[1].name(), pair[0]))

    def _seen(self) -> Examples:
        """The minibatch as it is trained on."""
        given, data = self.minibatch, self.kind.cell.dataset
        seen = Examples(
            given.inputs, given.targets, given.rows, given.key, data.shape, data.classes
        )
        named = self.kind.named(self.model.weights)
        for place, term in self._acting("alter"):
            seen = term.alter(seen, self._network(named, place))
        return seen

    def _network(self, named: Mapping[str, Tensor], place: int) -> Network:
        """The model as it is shown to the term at a place."""
        each = self.kind.train.loss.each
        return Network(
            named,
            held_of(self.model.held, place),
            lambda outputs, targets: each(outputs.to(self.minibatch.rows.dtype), targets),
            lambda weights, inputs: self._passed(weights, inputs)[0],
        )

    def _slope(self, vector: Tensor, seen: Examples) -> tuple[Tensor, tuple[Tensors, Tensor]]:
        """The gradient of objective + penalties at some weights; the buffers after, and the loss of
        each row.
        """

        def objective(named: Tensors) -> tuple[Tensor, tuple[Tensors, Tensor]]:
            return self._objective(named, seen)

        slopes, passed = grad(objective, has_aux=True)(self.kind.named(vector))
        gradient = torch.cat([slope.flatten() for slope in slopes.values()])
        for term in self.terms:
            given = parts(self.kind, term, vector)
            if term.penalty([*given.values()]) is None:
                continue
            slope = grad(lambda w, term=term: term.penalty([*w.values()]))(given)
            gradient = gradient + torch.cat([part.flatten() for part in slope.values()])
        return gradient, passed

    def _objective(self, named: Tensors, seen: Examples) -> tuple[Tensor, tuple[Tensors, Tensor]]:
        """The mean loss as the terms change it; the buffers after, and the loss of each row."""
        outputs, each, buffers = self._lost(named, seen)
        counted = each
        if self.optimizer.samplewise:
            counted = each * self._weighed(each.detach(), seen.weights)[0]
        value = (counted * seen.weights).sum() / seen.weights.sum()
        for place, term in self._acting("objective"):
            value = term.objective(value, seen, self._network(named, place), outputs)
        return value, (buffers, each)

    def _lost(self, named: Tensors, seen: Examples) -> tuple[Tensor, Tensor, Tensors]:
        """Outputs in training, the loss of each row, and the buffers after.

        Where rows are divided and no term asks for outputs, which may be many, they are the own.
        """
        each, wide, sharing = self.kind.train.loss.each, seen.weights.dtype, self.kind.sharing
        if sharing is None or any(self._acting("objective")):
            outputs, buffers = self._passed(named, seen.inputs)
            outputs = outputs.to(wide)
            return outputs, each(outputs, seen.targets), buffers
        outputs, buffers = self._own(sharing, named, seen.inputs)
        losses = each(outputs.to(wide), sharing.part(seen.targets))
        return outputs, sharing.whole(losses, len(seen.targets)), buffers

    def _passed(self, named: Mapping[str, Tensor], inputs: Tensor) -> tuple[Tensor, Tensors]:
        """Outputs in training, and the buffers after."""
        sharing = self.kind.sharing
        if sharing is None:
            return self._through(named, inputs, self._rows)
        outputs, buffers = self._own(sharing, named, inputs)
        return sharing.whole(outputs, len(inputs)), buffers

    def _own(
        self, sharing: Sharing, named: Mapping[str, Tensor], inputs: Tensor
    ) -> tuple[Tensor, Tensors]:
        """The same of the own part of the rows."""
        own, rows = sharing.part(inputs), sharing.counted(self._rows)
        return self._through(sharing.same(named), own, rows)

    @property
    def _rows(self) -> Tensor:
        """Which rows are there, (rows,), 1 or 0."""
        rows = self.minibatch.rows
        return (rows > 0).to(rows.dtype) if self.kind.cell.dataset.weighted else rows

    def _through(
        self, named: Mapping[str, Tensor], inputs: Tensor, rows: Tensor
    ) -> tuple[Tensor, Tensors]:
        """The network's outputs to some rows, which are there or not; the buffers after."""
        kind, buffers = self.kind, self.model.buffers
        given = {name: weight.to(kind.arithmetic) for name, weight in named.items()} | buffers
        given |= {name: buffers[name].clone() for name in kind.written}
        given |= dict.fromkeys(kind.keyed, self.minibatch.key)
        given |= dict.fromkeys(kind.weighted, rows)
        outputs: Tensor = functional_call(kind.training, given, (inputs,))
        return outputs, {name: given[name] for name in buffers}  # a layer may replace its own


def _slope_of(term: Regularizer, at: Gradient, key: Tensor, weights: Tensor) -> Tensor:
    return term.slope(at, weights, key)
