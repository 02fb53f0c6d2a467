"""Halving: the shorter experiments that candidates go through, and how many cells that takes."""

from __future__ import annotations

import math
from typing import Any

import attrs

from ddspec.spec.model import Axis, Experiment, Trajectory
from ddspec.vocabulary.kinds import Procedure


def tuned_axes(experiment: Experiment) -> tuple[Axis, ...]:
    """The axes of candidates."""
    return tuple(axis for axis in experiment.axes if axis.kind == "tuned")


def shares(experiment: Experiment) -> tuple[int, ...]:
    """By what the training of each round but the last is divided: 9, 3 for nine candidates of which
    a third goes on; nothing without halving.

    As many rounds as leave at least one candidate, and fewer than `halving`, for the last.
    """
    tuned = tuned_axes(experiment)
    factor = max((axis.halving for axis in tuned), default=0)
    if not factor:
        return ()
    candidates, found = math.prod(map(len, tuned)), 1
    while found * factor <= candidates:
        found *= factor
    rounds = round(math.log(found, factor))
    return tuple(factor**power for power in range(rounds, 0, -1))


def shorter(experiment: Experiment, share: int) -> Experiment:
    """The experiment with 1 / share of the training, rounded up to a step, read at its end."""
    memo: dict[int, Any] = {}

    def cut(procedure: Procedure | None) -> Any:
        if procedure is None:
            return None
        if id(procedure) not in memo:
            length = procedure.duration  # type: ignore[attr-defined]  # what takes steps has one
            less = attrs.evolve(length, count=-(-length.count // share))
            memo[id(procedure)] = attrs.evolve(procedure, duration=less)  # type: ignore[misc]
        return memo[id(procedure)]

    train = attrs.evolve(experiment.train, values=tuple(map(cut, experiment.train.values)))
    unit = experiment.trajectory.unit
    return attrs.evolve(
        experiment, train=train, trajectory=Trajectory(unit), measures={}, reports={}
    )
