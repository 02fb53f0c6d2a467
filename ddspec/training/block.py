"""A block: the minibatches of some consecutive steps, for every model of a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs
from torch import Tensor

LONGEST = 64  # steps in a block: their indices are made and moved at once


@attrs.frozen(eq=False)
class Minibatch:
    """What the models see in one step, the models as first dimension.

    inputs (k, rows, features); targets (k, rows); rows (k, rows), 1 or, where a minibatch is short,
    0, times the samples' weights; rate (k,) float64; key (k,) int64, of random numbers; paces
    (k, schedules) float64, of the optimizer's further schedules; None without. samples (k, rows)
    int64, the numbers of the rows' training samples, for an optimizer that asks; None otherwise.
    """

    inputs: Tensor
    targets: Tensor
    rows: Tensor
    rate: Tensor
    key: Tensor
    paces: Tensor | None = None
    samples: Tensor | None = None

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Its tensors in order; with samples there are paces as well."""
        always = self.inputs, self.targets, self.rows, self.rate, self.key
        return always + tuple(each for each in (self.paces, self.samples) if each is not None)

    def each(self, change: Callable[[Tensor], Tensor]) -> Minibatch:
        """The minibatches with every tensor changed."""
        return Minibatch(*map(change, self.tensors))


@attrs.frozen(eq=False)
class Block:
    """The minibatches of consecutive steps, by the places of their samples.

    rows (steps, k, n, ...) int64, of the resident inputs; targets (steps, k, n, ...); seen (steps,
    k, n), 1 or, where a minibatch is short, 0, times the samples' weights, in the type of the
    weights; rates (steps, k) float64; keys (steps, k) int64, of random numbers; paces (steps, k,
    schedules) float64, of the optimizer's further schedules; None without.
    """

    rows: Tensor
    targets: Tensor
    seen: Tensor
    rates: Tensor
    keys: Tensor
    paces: Tensor | None = None
    samples: Tensor | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Its tensors in order; with samples there are paces as well."""
        always = self.rows, self.targets, self.seen, self.rates, self.keys
        return always + tuple(each for each in (self.paces, self.samples) if each is not None)

    def each(self, change: Callable[[Tensor], Tensor]) -> Block:
        """The block with every tensor changed."""
        return Block(*map(change, self.tensors))

    def minibatches(self, inputs: Tensor) -> Iterator[Minibatch]:
        """One minibatch a step, gathered from resident inputs (samples, features)."""
        for rows, *rest in zip(*self.tensors, strict=True):
            yield Minibatch(gather(inputs, rows), *rest)


def gather(inputs: Tensor, rows: Tensor) -> Tensor:
    """The inputs, (k, n, features), of rows (k, n), or (k, n, parts) whose inputs are joined."""
    return inputs.index_select(0, rows.reshape(-1)).reshape(*rows.shape[:2], -1)
