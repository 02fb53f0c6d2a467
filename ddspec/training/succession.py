"""Chains: cells trained after the cells that they take their first weights from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from ddspec.plan.cell import Cell
from ddspec.plan.stacking import stack_key
from ddspec.training.stack import Run

Train = Callable[[Sequence[Cell], Sequence[Run | None]], Sequence[Run]]


def train_chains(cells: Sequence[Cell], train: Train) -> list[Run]:
    """The runs of cells some of which start from the weights of others, in the same order.

    Those others train as well, each once, whether they are asked for or not. train: runs of cells
    that stack, from them and from the runs they start from.
    """
    if all(cell.before is None for cell in cells):
        return list(train(cells, ()))
    runs: dict[str, Run] = {}
    for stack in _stacks(cells):
        before = [None if cell.before is None else runs[cell.before.id] for cell in stack]
        runs |= zip((cell.id for cell in stack), train(stack, before), strict=True)
    return [runs[cell.id] for cell in cells]


def _stacks(cells: Iterable[Cell]) -> list[list[Cell]]:
    """All cells that must train, in stacks, those that others start from first."""
    levels: dict[int, dict[str, Cell]] = {}
    for cell in cells:
        line = _line(cell)
        for depth, member in enumerate(line):
            levels.setdefault(depth, {})[member.id] = member
    found: list[list[Cell]] = []
    for _, members in sorted(levels.items()):
        stacks: dict[Hashable, list[Cell]] = {}
        for member in members.values():
            stacks.setdefault(stack_key(member), []).append(member)
        found += stacks.values()
    return found


def _line(cell: Cell) -> list[Cell]:
    """A cell and all before it, the first of them first."""
    line = [cell]
    while line[-1].before is not None:
        line.append(line[-1].before)
    return line[::-1]
