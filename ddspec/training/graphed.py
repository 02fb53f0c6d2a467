"""The stepper of a graphics card: whole steps captured once and replayed without work by the host.

A small network's step is some fifty short kernels; launched one by one they leave the card idle.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import attrs
import torch
from torch import Tensor

from ddspec.training.block import LONGEST, Block, Minibatch, gather
from ddspec.training.models import Models
from ddspec.training.resident import Resident
from ddspec.training.stepper import SingleStepper

Work = Callable[[], None]
Capture = Callable[[Work], Work]
LENGTHS = (8, 1)  # steps in one replay, longest first
WARM = 2  # runs before a capture: libraries choose their kernels, buffers are made
KEPT = 0.75  # a captured stack is used until less of it is still training


def capture(work: Work) -> Work:
    """Capture what `work` does on the current card; calling the result does it again.

    `work` reads and writes the same tensors at every call and never waits for the card.
    """
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


class Graphed:
    """A stepper that replays the steps of another one, of the same numbers.

    capture: makes a function repeatable; on a graphics card, `capture`. What cannot be captured is
    left to the other stepper as it is.
    """

    def __init__(self, inner: SingleStepper, resident: Resident, capture: Capture) -> None:
        self.inner, self.resident, self.capture = inner, resident, capture
        self.captures = True
        self._replays: _Replays | None = None

    def outputs(self, models: Models, rows: Tensor) -> Tensor:
        """What the models say in evaluation, (k, n, outputs), to resident samples rows (k, n)."""
        return self.inner.outputs(models, rows)

    def advance(self, models: Models, block: Block) -> Models:
        """The models after the steps of a block."""
        if self.captures:
            try:
                return self._prepared(models, block).advance(models, block)
            except torch.OutOfMemoryError:
                raise
            except RuntimeError:  # something in the step waits for the card, or copies from here
                self.captures, self._replays = False, None
        return self.inner.advance(models, block)

    def _prepared(self, models: Models, block: Block) -> _Replays:
        """The captured steps for a stack, which a smaller one before may have left behind."""
        if self._replays is None or not self._replays.serve(models, block):
            self._replays = None  # free its memory before more is taken
            self._replays = _Replays.of(self, models, block)
        self._replays.capture(lengths(len(block)))
        return self._replays


def lengths(steps: int) -> list[int]:
    """How many steps each of the replays takes that make up a block."""
    long, short = LENGTHS
    return [long] * (steps // long) + [short] * (steps % long)


@attrs.frozen(eq=False)
class _Replays:
    """The captured steps of a stack, and the tensors that they read and write.

    models: the stack; block: minibatches, of which `place`, (1,), is the next.
    """

    stepper: Graphed
    models: Models
    block: Block
    place: Tensor
    captured: dict[int, Work] = attrs.field(factory=dict)

    @classmethod
    def of(cls, stepper: Graphed, models: Models, block: Block) -> _Replays:
        """Buffers for such a stack and blocks of up to LONGEST steps; nothing captured yet."""
        steps = max(LONGEST, len(block))
        held = block.each(lambda t: t[:1].expand(steps, *t.shape[1:]).clone())
        place = torch.zeros(1, dtype=torch.int64, device=models.weights.device)
        return cls(stepper, models.each(torch.clone), held, place)

    def serve(self, models: Models, block: Block) -> bool:
        """Whether a stack and a block fit into the buffers and do not leave them too empty."""
        size, rows = self.block.rows.shape[1:3]
        kept = size * KEPT <= len(models) <= size
        return kept and block.rows.shape[2] == rows and len(block) <= len(self.block)

    def capture(self, wanted: Sequence[int]) -> None:
        """Capture replays of those lengths; the buffers hold nothing of use afterwards."""
        for length in sorted({*wanted} - self.captured.keys()):
            self.place.zero_()
            self.captured[length] = self.stepper.capture(functools.partial(self._work, length))

    def advance(self, models: Models, block: Block) -> Models:
        """The models after the steps of a block, all of whose replays are captured."""
        count, steps = len(models), len(block)
        for held, given in zip(self.models.tensors, models.tensors, strict=True):
            held[:count].copy_(given)
        for held, given in zip(self.block.tensors, block.tensors, strict=True):
            held[:steps, :count].copy_(given, non_blocking=True)
        self.place.zero_()
        for length in lengths(steps):
            self.captured[length]()
        return self.models.first(count).each(torch.clone)

    def _work(self, length: int) -> None:
        """The next steps, from the buffers to the buffers."""
        models = self.models
        for _ in range(length):
            models = self.stepper.inner.step(models, self._minibatch())
            self.place.add_(1)
        for held, new in zip(self.models.tensors, models.tensors, strict=True):
            held.copy_(new)

    def _minibatch(self) -> Minibatch:
        rows, *rest = (t.index_select(0, self.place).squeeze(0) for t in self.block.tensors)
        return Minibatch(gather(self.stepper.resident.inputs, rows), *rest)
