"""Plan and stored cells to outlook: what is new, what is kept, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ddspec.plan.outlook import STATES, Holding, Outlook
from ddspec.plan.plan import Plan
from ddspec.spec.model import Axis, Trajectory

RISKS = ("train_loss", "test_loss")
SHOWN = 6  # added axis values named one by one


def foresee(plan: Plan, held: Mapping[str, Holding], orphaned: int = 0) -> Outlook:
    """The outlook of a plan, given the stored cells by id (without a cost estimate)."""
    measures = plan.experiment.measures.values()
    wanted = (*RISKS, *(measure.recorded.key for measure in measures))
    trajectory = plan.experiment.trajectory
    states = np.zeros(len(plan), np.int8)  # new, all of them, when nothing is held
    if held:
        for number, cell in enumerate(plan.ids):
            states[number] = _state(held.get(cell), trajectory, wanted)
    return Outlook(plan, states, _reasons(plan, states, held), orphaned)


def _state(held: Holding | None, trajectory: Trajectory, wanted: Sequence[str]) -> int:
    if held is None:
        return STATES.index("new")
    if held.status == "failed":
        return STATES.index("failed")
    if not readable(held, trajectory) or not set(wanted) <= set(held.names):
        return STATES.index("reread")
    return STATES.index("cached")


def readable(held: Holding, trajectory: Trajectory) -> bool:
    """True when a stored run has every reading that is asked for.

    A run that stopped or diverged has none after its end, and training again would not add any.
    """
    if not trajectory.points or held.unit == "":
        return True
    if held.unit != trajectory.unit:
        return False
    points = set(np.asarray(held.points).tolist())
    end = max(points, default=-1)
    ended_early = held.status in ("diverged", "stopped")
    return all(p in points or (ended_early and p > end) for p in trajectory.points)


def _reasons(plan: Plan, states: np.ndarray, held: Mapping[str, Holding]) -> tuple[str, ...]:
    counts = {state: int((states == place).sum()) for place, state in enumerate(STATES)}
    reasons = []
    if counts["new"]:
        reasons.append(f"new: {_why_new(plan, states, held)}")
    if counts["reread"]:
        unit = plan.experiment.trajectory.unit
        reasons.append(f"train again: some {unit} or measures asked for now were not recorded then")
    if counts["failed"]:
        reasons.append("try again: failed last time (see failures.log)")
    return tuple(reasons)


def _why_new(plan: Plan, states: np.ndarray, held: Mapping[str, Holding]) -> str:
    """Which axis values explain the new cells, in the spec's words."""
    if not held:
        return "nothing of this experiment is stored yet"
    new = states == STATES.index("new")
    grid_new = np.where(plan.index >= 0, new[plan.index], False)
    grid_old = np.where(plan.index >= 0, ~new[plan.index], False)
    added = [
        (axis, fresh)
        for place, axis in enumerate(plan.experiment.axes)
        if (fresh := _fresh(place, grid_new, grid_old)).any() and not fresh.all()
    ]
    if not added or not _explained(plan, grid_new, added):
        return "no stored cell has these settings"
    return "; ".join(
        f"{axis.spelling} = {_listed(axis, np.flatnonzero(fresh))} added" for axis, fresh in added
    )


def _fresh(place: int, grid_new: np.ndarray, grid_old: np.ndarray) -> np.ndarray:
    """Along one axis, the positions where everything is new."""
    others = tuple(d for d in range(grid_new.ndim) if d != place)
    return np.asarray(grid_new.any(axis=others) & ~np.asarray(grid_old.any(axis=others)))


def _explained(plan: Plan, grid_new: np.ndarray, added: Sequence[tuple[Axis, np.ndarray]]) -> bool:
    """True when every new point has one of the added values."""
    covered = np.zeros(grid_new.shape, bool)
    for axis, fresh in added:
        place = plan.experiment.axes.index(axis)
        covered |= fresh.reshape([-1 if d == place else 1 for d in range(grid_new.ndim)])
    return bool((covered | ~grid_new).all())


def _listed(axis: Axis, places: np.ndarray) -> str:
    words = [str(axis.labels[place]) for place in places]
    return ", ".join(words if len(words) <= SHOWN else [*words[:5], f"... ({len(words)} values)"])
