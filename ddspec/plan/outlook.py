"""An outlook: what running a plan would train, and why, given what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import attrs
import numpy as np

from ddspec.markup import folded, lines, table
from ddspec.plan.duration import duration_text
from ddspec.plan.plan import Plan

State = Literal["new", "cached", "reread", "failed", "stale", "reused"]
STATES: tuple[State, ...] = ("new", "cached", "reread", "failed", "stale", "reused")
MARKS: tuple[tuple[State, str, str], ...] = (  # how a state is told, all but `reused`
    ("new", "+", "new"),
    ("reread", "~", "to train again"),
    ("failed", "!", "to try again"),
    ("stale", "*", "stale, to train again: `ddspec accept` keeps them"),
    ("cached", "=", "cached"),
)
KEPT: tuple[State, ...] = ("cached", "reused")  # cells that need no training


class Holding(Protocol):
    """What a store says of one cell."""

    @property
    def status(self) -> str:
        """done, diverged, stopped or failed."""

    @property
    def unit(self) -> str:
        """The unit of `points`, empty for solved cells."""

    @property
    def points(self) -> Any:
        """Where the run was read, increasing."""

    @property
    def names(self) -> Any:
        """The recorded quantities."""

    @property
    def origin(self) -> Any:
        """Where its readings come from: its `code` is the text of a Code, empty when not known."""


@attrs.frozen
class Stale:
    """Why stored readings of a cell are not those that its words would give now.

    changed: how words have changed since, in words, by name. before: the id under which the
    readings are stored, where that is another one: of the cell with words of earlier versions.
    """

    changed: Mapping[str, str]
    before: str = ""


@attrs.frozen
class Steps:
    """How some of the cells that train take their steps: `way`, or `solved`, and why."""

    way: str
    cells: int
    why: str


@attrs.frozen
class Begun:
    """How far a checkpoint has come: `step` of `total` steps, with `epoch` steps to an epoch."""

    step: int
    total: int
    epoch: int


@attrs.frozen(eq=False)
class Outlook:
    """The state of every cell of a plan.

    `states`: int8 (cells,), positions in STATES: `new` cells have no record, `reread` cells lack
    asked-for readings and train again, `failed` ones are tried again, `stale` ones come from words
    that have changed since and train again, `cached` ones are kept, `reused` ones are kept
    elsewhere and copied. `stale`: by number, why a cell is. `folders`: how many are copied, by
    where from.
    `orphaned`: stored cells that no experiment of the spec asks for. `seconds`: estimated
    core-seconds of what will train; `basis` says what the estimate rests on. `work`: float64
    (cells,), the estimate of every cell; `scale`: by how much finished cells took longer than
    counting their operations says. `steps`: how those that train take their steps. `round`: which
    of its `rounds` the plan is, from 1, where candidates are tuned in several; `most`: the cells
    that each round can have at most; `shares`: what the training of the shorter ones is divided by.
    `begun`: by number, the checkpoint that a cell continues from; `seconds` and `work` are of the
    rest.
    """

    plan: Plan
    states: np.ndarray
    reasons: tuple[str, ...] = ()
    orphaned: int = 0
    seconds: float = 0.0
    basis: str = ""
    work: np.ndarray = attrs.field(factory=lambda: np.zeros(0))
    scale: float = 1.0
    steps: tuple[Steps, ...] = ()
    round: int = 1
    most: tuple[int, ...] = ()
    shares: tuple[int, ...] = ()
    stale: Mapping[int, Stale] = attrs.field(factory=dict)
    folders: Mapping[str, int] = attrs.field(factory=dict)
    begun: Mapping[int, Begun] = attrs.field(factory=dict)

    def __repr__(self) -> str:
        return f"<Outlook of {self.title}>"

    def _repr_html_(self, *, unfolded: bool = True) -> str:
        """The plan table for a notebook: axes, cells by state, reasons, how steps are taken."""
        states = [(each, self.count(each)) for each in STATES if self.count(each)]
        words = {state: told for state, _, told in MARKS} | {"reused": "carried over"}
        cells = table(("cells", ""), [(f"{count:,}", words[state]) for state, count in states])
        steps = [f"{each.way} steps for {each.cells:,} cells: {each.why}" for each in self.steps]
        said = [*self.reasons, *steps, *([f"estimated from {self.basis}"] * bool(self.basis))]
        inner = self.plan.experiment._repr_html_() + cells + lines(said)
        return folded(self.title, inner, open=unfolded)

    @property
    def title(self) -> str:
        """`tiny: 9 cells, 4 new, 5 cached, about 2 s of one core`."""
        counts = [f"{self.count(each):,} {each}" for each in STATES if self.count(each)]
        cost = f"about {duration_text(self.seconds)} of one core"
        last = cost if len(self.pending) else "nothing to train"
        experiment = self.plan.experiment.name
        return f"{experiment}: {', '.join([f'{len(self.plan):,} cells', *counts, last])}"

    def count(self, state: State) -> int:
        """How many cells are in that state."""
        return int((self.states == STATES.index(state)).sum())

    @property
    def pending(self) -> np.ndarray:
        """The numbers of the cells that will train, int64, in plan order."""
        return np.flatnonzero(~np.isin(self.states, [STATES.index(state) for state in KEPT]))

    @property
    def excluded(self) -> int:
        """Grid points that filters and conditions reject."""
        return int((self.plan.index == -1).sum())

    @property
    def rounds(self) -> int:
        """In how many rounds candidates are tuned; 1 for those that are trained at once."""
        return max(len(self.most), 1)

    @property
    def later(self) -> int:
        """Cells that the rounds after this one have at most."""
        return sum(self.most[self.round :])

    @property
    def later_seconds(self) -> float:
        """Core-seconds of those, going by the mean cell of this round."""
        if not self.later or not len(self.work):
            return 0.0
        whole = float(self.work.mean()) * self.divided[self.round - 1]
        rounds = zip(self.most[self.round :], self.divided[self.round :], strict=True)
        return sum(count * whole / share for count, share in rounds)

    @property
    def divided(self) -> tuple[int, ...]:
        """What the training of each round is divided by."""
        return (*self.shares, *[1] * (self.rounds - len(self.shares)))

    @property
    def coinciding(self) -> int:
        """Grid points that share a cell with an earlier one."""
        return int((self.plan.index >= 0).sum()) - len(self.plan)

    def as_json(self) -> dict[str, Any]:
        """The counts under stable names, for scripts."""
        experiment = self.plan.experiment
        return {
            "experiment": experiment.name,
            "axes": {axis.name: len(axis) for axis in experiment.axes},
            "cells": len(self.plan),
            **{state: self.count(state) for state in STATES},
            "coinciding": self.coinciding,
            "round": self.round,
            "at_most": list(self.most),
            "excluded": self.excluded,
            "orphaned": self.orphaned,
            "reasons": list(self.reasons),
            "core_seconds": round(self.seconds, 1),
            "begun": [attrs.asdict(each) for each in self.begun.values()],
            "basis": self.basis,
            "steps": [attrs.asdict(each) for each in self.steps],
        }
