"""Cells to runs: those that have a checkpoint continue from it, in stacks of one step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence

from ddspec.errors import DdspecError
from ddspec.plan.batch import Batch, Way
from ddspec.plan.cell import Cell
from ddspec.plan.trajectory import recorded_as
from ddspec.training.checkpoint import Checkpoint, Keeper, software
from ddspec.training.continuing import obstacle
from ddspec.training.risk import risks_of
from ddspec.training.stack import Run

Train = Callable[[Sequence[int], Sequence[Checkpoint], Sequence[Way]], Sequence[Run]]


def train_begun(
    cells: Sequence[Cell], batch: Batch, keeper: Keeper, device: str, train: Train
) -> list[Run]:
    """The runs of cells that stack, in their order, each from its checkpoint if it has one.

    train: the runs of cells of those numbers, from checkpoints of one step or from none, in ways. A
    checkpoint that cannot be used is said on standard error, and its cell trained from the start.
    """
    found = keeper.load([cell.id for cell in cells])
    names = {*risks_of(cells[0].dataset), *recorded_as(batch.measures).values()}
    groups: dict[tuple[int, Way | None], list[int]] = {}
    for number, cell in enumerate(cells):
        checkpoint = found.get(cell.id)
        if checkpoint is not None and (why := _why_not(checkpoint, cell, batch, names, device)):
            say(checkpoint.cell, why)
            checkpoint = None
        key = (checkpoint.step, checkpoint.way) if checkpoint else (0, None)
        groups.setdefault(key, []).append(number)
    runs: dict[int, Run] = {}
    for (step, way), numbers in sorted(groups.items(), key=lambda group: -group[0][0]):
        begun = [found[cells[number].id] for number in numbers] if step else []
        runs |= zip(numbers, _train(numbers, begun, way, batch, train), strict=True)
    return [runs[number] for number in range(len(cells))]


def say(cell: str, why: str) -> None:
    """Note that a checkpoint is not used."""
    sys.stderr.write(f"a checkpoint of cell {cell} is not used, it trains from the start: {why}\n")


def _train(
    numbers: Sequence[int],
    begun: Sequence[Checkpoint],
    way: Way | None,
    batch: Batch,
    train: Train,
) -> Sequence[Run]:
    if way is None:
        return train(numbers, (), batch.ways)
    try:
        return train(numbers, begun, (way,))
    except DdspecError as error:  # steps cannot be taken so here, or they are of other models
        for checkpoint in begun:
            say(checkpoint.cell, str(error))
        return train(numbers, (), batch.ways)


def _why_not(
    found: Checkpoint, cell: Cell, batch: Batch, names: Collection[str], device: str
) -> str:
    if found.device != device.partition(":")[0]:
        return f"it was made on another device, {found.device}"
    if found.software != software():
        return f"it was made by {found.software}"
    return obstacle(found, cell, batch.unit, batch.points, names)
