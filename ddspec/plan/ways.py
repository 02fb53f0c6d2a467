"""A group of cells to the way its steps are taken: the package's own C, compiled, or eager."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import attrs

from ddspec.plan.batch import Way
from ddspec.plan.cell import Cell
from ddspec.plan.cost import work_of
from ddspec.plan.machine import Machine
from ddspec.plan.stacking import stack_size
from ddspec.vocabulary.kinds import Word
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent

Step = Literal["auto", "native", "compiled", "eager"]
STEPS: tuple[Step, ...] = ("auto", "native", "compiled", "eager")

# Seconds that torch takes to compile a step that is not in its cache; a stack's size is no matter.
COMPILING = 8.0
NATIVE_PRECISIONS = ("float32", "float64")


@attrs.frozen
class Choice:
    """The ways of a group, best first, and why in a few words; cells that are `solved` or `fitted`
    take no steps.

    saved, price: core-seconds that compiling saves, and that it takes.
    """

    ways: tuple[Way, ...]
    why: str
    solved: bool = False
    fitted: bool = False
    saved: float = 0.0
    price: float = 0.0

    @property
    def name(self) -> str:
        """`native`, `compiled`, `eager`, `solved` or `fitted`."""
        if self.fitted:
            return "fitted"
        return "solved" if self.solved else self.ways[0]


def choose(cell: Cell, count: int, readings: int, machine: Machine, step: Step = "auto") -> Choice:
    """How `count` cells that stack with `cell` take their steps on a machine.

    step: `auto`, or a way to take wherever it can be taken. Native where every word of the cell is
    known to it, on a processor, with a C compiler; compiled where that saves more than it takes;
    else eager, which is also what a worker falls back to. No id depends on the choice.
    """
    if "estimator" in cell.train.traits:
        return Choice(("eager",), "by a library, without steps", fitted=True)
    if not isinstance(cell.train, GradientDescent):
        return Choice(("eager",), "least squares, without steps", solved=True)
    obstacle = _no_native(cell, machine)
    if step == "native" and obstacle:
        return Choice(("eager",), f"no native step: {obstacle}")
    if step != "auto":
        ways: tuple[Way, ...] = (step,) if step == "eager" else (step, "eager")
        return Choice(ways, "asked for")
    compiling = _compiling(cell, count, readings, machine)
    if obstacle:
        return compiling
    return Choice(("native", *compiling.ways), f"dense networks, C compiler {machine.c}")


def _no_native(cell: Cell, machine: Machine) -> str:
    """What keeps the native step from training a cell; empty when nothing does."""
    unknown = [word.name() for word in _words(cell) if not word.native]
    assert isinstance(cell.train, GradientDescent)
    if machine.device != "cpu":
        return "it is for processors"
    if unknown:
        return f"it does not know {unknown[0]} as it is here"
    if cell.train.precision not in NATIVE_PRECISIONS:
        return f"it does not compute in {cell.train.precision}"
    return "" if machine.c else "no C compiler is here"


def _words(cell: Cell) -> Iterator[Word]:
    """The words that say what a step does."""
    assert isinstance(cell.train, GradientDescent)
    yield from (cell.architecture, cell.dataset, *cell.regularizer)
    yield from (cell.train.optimizer, cell.train.loss)


def _compiling(cell: Cell, count: int, readings: int, machine: Machine) -> Choice:
    """Whether compiling repays, and why or why not."""
    if cell.architecture.together(machine.device) is not None:
        return Choice(("eager",), "convolutions gain nothing by compiling")
    if not machine.cpp:
        return Choice(("eager",), "no C++ compiler is here to compile with")
    stacks = -(-count // stack_size(cell, machine.device))

    def seconds(way: Way) -> float:
        work = work_of(cell, readings, way, machine.device)
        return count * work.own + stacks * work.shared

    price = COMPILING * min(machine.workers, stacks)
    saved = seconds("eager") - seconds("compiled")
    if saved > price:
        return Choice(("compiled", "eager"), "repays compiling", saved=saved, price=price)
    return Choice(("eager",), "too little work to repay compiling")
