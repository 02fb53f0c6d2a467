"""Models at a reading as measures are shown them, with the samples they ask to see."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from types import MethodType
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from ddspec.training.models import Kind, Models, Tensors
from ddspec.training.resident import Resident
from ddspec.vocabulary.kinds import Measure
from ddspec.vocabulary.layers import BatchNorm, Convolution, MaxPool
from ddspec.vocabulary.recurrence import Memory, Recurrent
from ddspec.vocabulary.seen import Observed

NUMBERS = 1 << 25  # held at once by models that are differentiated
LAYERS = (nn.Linear, Convolution, nn.Conv1d, nn.Conv2d)


@attrs.frozen(eq=False)
class View:
    """The samples of one use of k models: rows of the resident inputs, and what is known of them.

    rows, groups (k, n) int64; targets, clean (k, n, ...); counts (k, n) float64. sorts: how many
    groups there may be.
    """

    rows: Tensor
    targets: Tensor
    clean: Tensor
    groups: Tensor
    counts: Tensor
    sorts: int

    @classmethod
    def of(cls, resident: Resident, cells: Sequence[int], use: str | None) -> View:
        """Those of cells that have equally many of them; without a use, none."""
        places = [resident.places[cell][use or "train"] for cell in cells]
        most = None if use else 0

        def moved(arrays: Sequence[np.ndarray]) -> Tensor:
            stacked = np.stack([array[:most] for array in arrays])
            return torch.from_numpy(stacked).to(resident.device)

        zeros = np.zeros(len(places[0]), np.int64)
        groups = [zeros if place.groups is None else place.groups for place in places]
        return cls(
            rows=moved([place.rows for place in places]),
            targets=moved([place.targets for place in places]),
            clean=moved([p.targets if p.clean is None else p.clean for p in places]),
            groups=moved(groups),
            counts=moved([np.ones(len(p)) if p.weights is None else p.weights for p in places]),
            sorts=1 + max(int(each.max(initial=0)) for each in groups),
        )

    def part(self, of: slice) -> View:
        """Some of the samples."""
        return View(
            rows=self.rows[:, of],
            targets=self.targets[:, of],
            clean=self.clean[:, of],
            groups=self.groups[:, of],
            counts=self.counts[:, of],
            sorts=self.sorts,
        )

    def __len__(self) -> int:
        return int(self.rows.shape[1])


@attrs.frozen(eq=False)
class Shown:
    """k models as measures are shown them. first: weights before training, (k, parameters). keys:
    (k,) int64, of random numbers.
    """

    kind: Kind
    network: nn.Module
    models: Models
    first: Tensor
    keys: Tensor
    inputs: Tensor

    def asked(
        self,
        measure: Measure,
        view: View,
        ask: Callable[[Observed, Tensor], Tensor],
        given: Tensor | None = None,
        *,
        inputs: bool,
    ) -> Tensor:
        """What is answered of each model, (k, ...): `ask` is given the model and its tensor of
        `given`, (k, ...). inputs: whether it must see the samples themselves.
        """
        rows = view.rows if inputs else view.rows[:, :0]
        own = (self.models.weights, self.first, self.models.buffers, self.keys)
        given = self.keys if given is None else given
        tensors = (*own, rows, view.targets, view.clean, view.groups, view.counts, given)

        def one(*tensors: Any) -> Tensor:
            *known, given = tensors
            return ask(self._observed(*known, sorts=view.sorts), given)

        if measure.alone:
            models = range(len(self.models))
            return torch.stack([one(*(_one(tensor, n) for tensor in tensors)) for n in models])
        held = self.models.weights.shape[1] + len(view) * self.inputs.shape[1]
        size = max(1, NUMBERS // held) if inputs else None
        return vmap(one, chunk_size=size)(*tensors)

    def _observed(
        self,
        vector: Tensor,
        first: Tensor,
        buffers: Tensors,
        key: Tensor,
        rows: Tensor,
        *samples: Tensor,
        sorts: int,
    ) -> Observed:
        """One model; tensors are its own. samples: targets, clean ones, groups and counts."""
        cell, loss = self.kind.cell, self.kind.train.loss
        targets, clean, groups, counts = samples
        passing = _Passing(self.kind, self.network, buffers, vector.dtype)
        return Observed(
            weights=self.kind.named(vector),
            first=self.kind.named(first),
            passed=passing.passed,
            inputs=self._gathered(rows),
            targets=targets.to(vector.dtype) if targets.is_floating_point() else targets,
            clean=clean.to(vector.dtype) if clean.is_floating_point() else clean,
            groups=groups,
            counts=counts,
            loss=loss.each,
            key=key,
            classes=cell.dataset.classes,
            architecture=cell.architecture,
            terms=cell.regularizer,
            logits=loss.needs_classes,
            sorts=sorts,
            through=passing.through,
        )

    def _gathered(self, rows: Tensor) -> Tensor:
        """The inputs, (n, features), of rows (n,), or (n, parts) whose inputs are joined."""
        features = self.inputs.shape[1] * math.prod(rows.shape[1:])
        return self.inputs.index_select(0, rows.reshape(-1)).reshape(len(rows), features)


@attrs.frozen(eq=False)
class _Passing:
    """A network in evaluation, of some buffers; outputs are of a precision."""

    kind: Kind
    network: nn.Module
    buffers: Tensors
    wide: torch.dtype

    def passed(self, weights: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """The outputs, (n, outputs), of inputs (n, d)."""
        given = {name: weight.to(self.kind.arithmetic) for name, weight in weights.items()}
        names = (*self.kind.keyed, *self.kind.weighted)
        given |= dict.fromkeys(names, torch.ones(1, dtype=self.wide, device=inputs.device))
        outputs: Tensor = functional_call(self.network, given | self.buffers, (inputs,))
        return outputs.to(self.wide)

    def through(
        self, weights: Mapping[str, Tensor], inputs: Tensor, shifts: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensors]:
        """See `Through`."""
        with Watched(self.network, shifts) as entered:
            outputs = self.passed(weights, inputs)
            return outputs, {name: x.to(self.wide) for name, x in entered.items()}


class Watched:
    """A network whose layers say what enters them, and are given it shifted, inside a `with`."""

    def __init__(self, network: nn.Module, shifts: Mapping[str, Tensor]) -> None:
        self.network, self.shifts = network, shifts
        self.entered: Tensors = {}

    def __enter__(self) -> Tensors:
        layers = {n: m for n, m in self.network.named_modules() if isinstance(m, LAYERS)}
        self.hooks = [
            layer.register_forward_pre_hook(self._hook(name)) for name, layer in layers.items()
        ]
        return self.entered

    def __exit__(self, *_: object) -> None:
        for hook in self.hooks:
            hook.remove()

    def _hook(self, name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple[Tensor, ...]]:
        def hook(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            x = given[0]
            if name in self.shifts:
                x = x + self.shifts[name].to(x.dtype)
            self.entered.pop(name, None)  # the last time it acts is what counts
            self.entered[name] = x
            return (x, *given[1:])

        return hook


def differentiable(network: nn.Module) -> nn.Module:
    """A network whose convolutional and recurrent layers are torch's own operations, which have
    derivatives of any order; the same function.
    """
    network = copy.deepcopy(network)
    for layer in network.modules():
        if isinstance(layer, Convolution | MaxPool):
            layer.plain = True
        elif isinstance(layer, Memory):
            layer.forward = MethodType(_remembered, layer)  # type: ignore[method-assign]
        elif isinstance(layer, Recurrent):
            layer.forward = MethodType(_recurred, layer)  # type: ignore[method-assign]
        elif isinstance(layer, BatchNorm):
            layer.forward = layer.in_sums  # type: ignore[method-assign]
    return network


def _recurred(layer: Recurrent, x: Tensor) -> Tensor:
    states: list[Tensor] = []
    for given in layer.given(x).unbind(1):
        made = given + states[-1] @ layer.carry if states else given
        states.append(made.relu() if layer.relu else made.tanh())
    return torch.stack(states, dim=1)


def _remembered(layer: Memory, x: Tensor) -> Tensor:
    states: list[Tensor] = []
    cell = x.new_zeros(())
    for given in layer.given(x).unbind(1):
        made = given + states[-1] @ layer.carry if states else given
        enter, forget, fresh, out = made.chunk(4, dim=-1)
        cell = forget.sigmoid() * cell + enter.sigmoid() * fresh.tanh()
        states.append(out.sigmoid() * cell.tanh())
    return torch.stack(states, dim=1)


def _one(tensors: Tensor | Tensors, number: int) -> Tensor | Tensors:
    """The tensors of one model of several."""
    if isinstance(tensors, dict):
        return {name: tensor[number] for name, tensor in tensors.items()}
    return tensors[number]
