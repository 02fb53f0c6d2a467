"""Data parallel: processes divide the rows of a minibatch, and together take the step of one.

Every process has the whole model, all rows of the minibatch and all random numbers. What passes
through the network are its own rows; outputs are joined before the loss, slopes in the weights are
added up where the network uses them. So the terms of a composition, the loss and the optimizer see
what one process would show them, and nothing else of a step needs to know of the others.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Protocol

import attrs
import torch
from torch import Tensor, distributed, nn
from torch.autograd import Function

from ddspec.errors import DdspecError
from ddspec.training.models import Kind, Tensors
from ddspec.vocabulary.layers import BatchNorm, Dropout


@attrs.frozen
class Group:
    """One process, `rank` from 0, of `size` that train the same cells: of torch's default group.

    Every process must ask it for the same things in the same order, or all wait for ever.
    """

    rank: int
    size: int

    @classmethod
    def here(cls) -> Group:
        """The group that torch has been told of in this process."""
        return cls(distributed.get_rank(), distributed.get_world_size())

    def same(self, named: Mapping[str, Tensor]) -> Tensors:
        """Weights that every process has; their slopes are added up over the processes at once."""
        flat = _applied(_Same(self), torch.cat([weight.flatten() for weight in named.values()]))
        parts = torch.split(flat, [weight.numel() for weight in named.values()])
        return {
            name: part.view(weight.shape)
            for (name, weight), part in zip(named.items(), parts, strict=True)
        }

    def part(self, rows: Tensor) -> Tensor:
        """The own part of rows, (rows, ...): equally many everywhere, the last one repeated."""
        return _applied(_Part(self, len(rows)), rows)

    def counted(self, rows: Tensor) -> Tensor:
        """The own part of what rows count, (rows,): zero for those that are repeated."""
        return _applied(_Part(self, len(rows), repeated=False), rows)

    def whole(self, part: Tensor, rows: int) -> Tensor:
        """So many rows of which every process has its part."""
        return _applied(_Whole(self, rows), part)

    def total(self, part: Tensor) -> Tensor:
        """The sum over the processes, which each uses for its own rows."""
        return _applied(_Same(self), _applied(_Sum(self), part))

    def outputs(self, part: Tensor, rows: int) -> Tensor:
        """(k, rows, outputs) of which every process has its part, as many rows as `length`."""
        found: Tensor = joined(part.transpose(0, 1), self.size)
        return found[:rows].transpose(0, 1).contiguous()

    def length(self, rows: int) -> int:
        """How many of so many rows each process has."""
        return -(-rows // self.size)

    def first(self, tensor: Tensor) -> Tensor:
        """What the first process has."""
        sent = tensor.contiguous().clone()
        distributed.broadcast(sent, 0)
        return sent

    def told(self, value: Any) -> Any:
        """What the first process says; any value."""
        box = [value]
        distributed.broadcast_object_list(box, 0)
        return box[0]

    def asked(self, value: Any) -> list[Any]:
        """What every process says, in order."""
        box: list[Any] = [None] * self.size
        distributed.all_gather_object(box, value)
        return box


def divided(kind: Kind, group: Group) -> Kind:
    """The kind of stacks whose minibatches a group divides; its layers know which rows they see.

    Raises DdspecError for torch's own batch normalization, which knows the rows of one process.
    """
    if kind.written:
        raise DdspecError(
            "cells with torch's own BatchNorm cannot be trained by several cards together: it"
            " would normalize by the rows of one card",
            "build the network with ddspec.vocabulary.layers.BatchNorm, which sums over all",
            "or train the cell on one card: gpus_per_cell = 1 in the profile",
        )
    training = copy.deepcopy(kind.training)
    for layer in training.modules():
        _divide(layer, group)
    return attrs.evolve(kind, training=training, sharing=group)


def _divide(layer: nn.Module, group: Group) -> None:
    if isinstance(layer, Dropout):
        layer.part = group.rank
    if isinstance(layer, BatchNorm):
        layer.summed = group.total


# --- what is exchanged ------------------------------------------------------------------------


class _Exchange(Protocol):
    """A linear map of what the processes have."""

    def __call__(self, given: Tensor) -> Tensor:
        """What it makes of it."""

    @property
    def transposed(self) -> _Exchange:
        """What slopes go back by."""


@attrs.frozen
class _Sum:
    """What each has to the sum, which all have."""

    group: Group

    def __call__(self, given: Tensor) -> Tensor:
        total: Tensor = added(given)
        return total

    @property
    def transposed(self) -> _Exchange:
        return _Same(self.group)


@attrs.frozen
class _Same:
    """What all have, as each uses it for its own rows."""

    group: Group

    def __call__(self, given: Tensor) -> Tensor:
        return given.view(given.shape)

    @property
    def transposed(self) -> _Exchange:
        return _Sum(self.group)


@attrs.frozen
class _Part:
    """`rows` that all have to each one's own; for missing ones there is the last one, or zeros."""

    group: Group
    rows: int
    repeated: bool = True

    def __call__(self, given: Tensor) -> Tensor:
        length = self.group.length(self.rows)
        there = given[self.group.rank * length :][:length]
        missing = length - len(there)
        if not missing:
            return there.clone()
        like = given[-1:].expand(missing, *given.shape[1:])
        return torch.cat([there, like if self.repeated else torch.zeros_like(like)])

    @property
    def transposed(self) -> _Exchange:
        return _Whole(self.group, self.rows)


@attrs.frozen
class _Whole:
    """Each one's own rows to all `rows`, which all have."""

    group: Group
    rows: int

    def __call__(self, given: Tensor) -> Tensor:
        found: Tensor = joined(given, self.group.size)
        return found[: self.rows].clone()

    @property
    def transposed(self) -> _Exchange:
        return _Part(self.group, self.rows, repeated=False)


class _Applied(Function):
    """An exchange that has slopes, of any order."""

    generate_vmap_rule = True

    @staticmethod
    def forward(exchange: _Exchange, given: Tensor) -> Tensor:
        return exchange(given)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        del output
        ctx.transposed = inputs[0].transposed

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, Tensor]:
        return None, _applied(ctx.transposed, slope)


def _applied(exchange: _Exchange, given: Tensor) -> Tensor:
    made: Tensor = _Applied.apply(exchange, given)  # type: ignore[no-untyped-call]
    return made


@torch.library.custom_op("ddspec::added", mutates_args=())
def added(part: Tensor) -> Tensor:
    """The sum of what the processes of torch's default group have."""
    total = part.clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(total)
    return total


@torch.library.custom_op("ddspec::joined", mutates_args=())
def joined(part: Tensor, size: int) -> Tensor:
    """(size rows, ...), what each of `size` processes has, (rows, ...), in their order."""
    part = part.contiguous()
    found = [torch.empty_like(part) for _ in range(size)]
    distributed.all_gather(found, part)
    return torch.cat(found)


@added.register_fake
def _(part: Tensor) -> Tensor:
    return torch.empty_like(part)


@joined.register_fake
def _(part: Tensor, size: int) -> Tensor:
    return part.new_empty(size * len(part), *part.shape[1:])


@added.register_vmap
def _(info: Any, dims: tuple[int | None, ...], part: Tensor) -> tuple[Tensor, int | None]:
    del info
    return added(part), dims[0]


@joined.register_vmap
def _(
    info: Any, dims: tuple[int | None, ...], part: Tensor, size: int
) -> tuple[Tensor, int | None]:
    del info
    if dims[0] is None:
        return joined(part, size), None
    return joined(part.movedim(dims[0], 1), size), 1
