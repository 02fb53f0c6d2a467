"""How many models fit on a device: measured by training one and two of them a little."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Protocol

import torch

from ddspec.plan.cell import Cell
from ddspec.training.block import LONGEST
from ddspec.training.course import Course
from ddspec.training.eager import Eager
from ddspec.training.models import stacked
from ddspec.training.resident import Resident
from ddspec.training.risk import Reader
from ddspec.training.selection import Selection

# Of the free memory: captured steps hold a stack and its minibatches once more, and allocators
# keep what they have had.
SHARE = 0.5


class Gauge(Protocol):
    """Tells the memory of a device."""

    def free(self) -> int:
        """Bytes that can be had."""

    def peak(self, work: Callable[[], object]) -> int:
        """Bytes that `work` holds at most at one time."""


class CardGauge:
    """Tells the memory of a graphics card, in torch's own accounts."""

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)

    def free(self) -> int:
        """Bytes that can be had, those among them that torch holds unused: of the card's memory or,
        where several processes share the card, of this one's part of it.
        """
        torch.cuda.empty_cache()
        free, total = torch.cuda.mem_get_info(self.device)
        told = getattr(torch.cuda, "get_per_process_memory_fraction", None)  # not in older torches
        part = told(self.device) if told else 1.0
        return max(min(free, int(part * total) - torch.cuda.memory_reserved(self.device)), 0)

    def peak(self, work: Callable[[], object]) -> int:
        """Bytes that `work` holds at most at one time."""
        before = torch.cuda.memory_allocated(self.device)
        torch.cuda.reset_peak_memory_stats(self.device)
        work()
        return torch.cuda.max_memory_allocated(self.device) - before


def fitting(
    cells: Sequence[Cell],
    selections: Sequence[Selection],
    device: str,
    gauge: Gauge,
    count: int,
) -> int:
    """How many of `count` cells that stack can train at once on a device; at least one.

    cells: the first two of them; of one alone nothing is measured.
    """
    if count == 1:
        return 1
    one, two = (
        gauge.peak(functools.partial(_tried, cells[:few], selections[:few], device))
        for few in (1, 2)
    )
    each = max(two - one, 1)
    shared = max(one - each, 0)
    return max(1, min(count, int((SHARE * gauge.free() - shared) // each)))


def _tried(cells: Sequence[Cell], selections: Sequence[Selection], device: str) -> None:
    """A block of steps and an evaluation of a stack."""
    kind, models = stacked(cells, device)
    resident = Resident.of(selections, kind, device)
    eager, courses = Eager(kind, cells, resident), [Course.of(cell) for cell in cells]
    steps = min(LONGEST, *(course.steps for course in courses))
    block = resident.block(courses, 0, steps, models.weights.dtype)
    models = eager.advance(models, block)
    reader = Reader.of(kind, eager, resident, courses, {})
    for number in range(len(cells)):  # they may differ in their numbers of samples
        reader.read(models.chosen([number]), [number], models.weights[[number]])
