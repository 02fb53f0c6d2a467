"""Plan and stored cells to outlook: what is new, what is kept, and the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from ddspec.plan.origins import Origins, changes
from ddspec.plan.outlook import STATES, Holding, Outlook, Stale
from ddspec.plan.plan import Plan
from ddspec.spec.model import Axis, Trajectory

RISKS = ("train_loss", "test_loss")
SHOWN = 6  # added axis values named one by one


Relatives = Mapping[str, tuple[str, str]]
NO_RELATIVES: Relatives = {}


def foresee(
    plan: Plan,
    held: Mapping[str, Holding],
    orphaned: int = 0,
    relatives: Relatives = NO_RELATIVES,
) -> Outlook:
    """The outlook of a plan, given the stored cells by id (without a cost estimate).

    relatives: of stored cells with words of earlier versions, the id and the code by kin.
    """
    asked = _Asked.of(plan)
    states = np.zeros(len(plan), np.int8)  # new, all of them, when nothing is held
    stale: dict[int, Stale] = {}
    if held:
        for number, cell in enumerate(plan.ids):
            states[number], why = asked.state(held.get(cell))
            if why is not None:
                stale[number] = why
    stale |= _succeeding(plan, states, relatives, asked)
    states[list(stale)] = STATES.index("stale")
    return Outlook(plan, states, _reasons(plan, states, held, stale), orphaned, stale=stale)


@attrs.frozen
class _Asked:
    """What an experiment asks of each cell: the names of quantities, those of the words of its
    measures, and where it is read.
    """

    names: frozenset[str]
    measures: frozenset[str]
    trajectory: Trajectory

    @classmethod
    def of(cls, plan: Plan) -> _Asked:
        words = [measure.recorded for measure in plan.experiment.measures.values()]
        names = frozenset([*RISKS, *(word.key for word in words)])
        return cls(names, frozenset(word.name() for word in words), plan.experiment.trajectory)

    def state(self, held: Holding | None) -> tuple[int, Stale | None]:
        """The state of a stored cell, and why it is stale if it is."""
        if held is None:
            return STATES.index("new"), None
        if held.status == "failed":
            return STATES.index("failed"), None
        if held.origin.code and (found := self.changed(held.origin.code)):
            return STATES.index("stale"), Stale(found)
        if not readable(held, self.trajectory) or not self.names <= set(held.names):
            return STATES.index("reread"), None
        return STATES.index("cached"), None

    def changed(self, code: str) -> dict[str, str]:
        """How the words of a stored code have changed since, by name, if it matters here."""
        return {
            mark.name: how
            for mark, how in changes(code).items()
            if mark.kind != "measure" or mark.name in self.measures
        }


def _succeeding(
    plan: Plan, states: np.ndarray, relatives: Relatives, asked: _Asked
) -> dict[int, Stale]:
    """Of new cells, those that are stored as they were with words of earlier versions."""
    if not relatives:
        return {}
    origins, found = Origins(plan), {}
    for number in np.flatnonzero(states == STATES.index("new")).tolist():
        before, code = relatives.get(origins.kin(number), ("", ""))
        if before and (how := asked.changed(code)):
            found[number] = Stale(how, before)
    return found


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


def _reasons(
    plan: Plan, states: np.ndarray, held: Mapping[str, Holding], stale: Mapping[int, Stale]
) -> tuple[str, ...]:
    counts = {state: int((states == place).sum()) for place, state in enumerate(STATES)}
    reasons = []
    if counts["new"]:
        known = bool(held or stale)
        reasons.append(f"new: {_why_new(plan, states, known=known)}")
    if counts["reread"]:
        unit = plan.experiment.trajectory.unit
        reasons.append(f"train again: some {unit} or measures asked for now were not recorded then")
    if counts["failed"]:
        reasons.append("try again: failed last time (see failures.log)")
    reasons += [
        f"stale: {how} ({count:,} {'cell' if count == 1 else 'cells'})"
        for how, count in Counter(
            h for each in stale.values() for h in each.changed.values()
        ).items()
    ]
    return tuple(reasons)


def _why_new(plan: Plan, states: np.ndarray, *, known: bool) -> str:
    """Which axis values explain the new cells, in the spec's words; not `known`: none is stored."""
    if not known:
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
