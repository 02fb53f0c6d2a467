"""Chains: cells that start from the trained weights of the cell before them along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from ddspec.plan.identity import cell_text, digest, started
from ddspec.plan.plan import Plan
from ddspec.vocabulary.kinds import Procedure
from ddspec.vocabulary.start import Start


def chained(plan: Plan, texts: Sequence[Sequence[str]]) -> Plan:
    """A plan whose cells know the one before: the given one has neither ids nor links yet.

    texts: the canonical JSON of each part. The cell before is that of the next lower kept point of
    the axis. What a cell is includes the id of the one before, and so of the whole chain; where a
    chain begins the cell is the same as without any.
    """
    axis = _axis(plan)
    links = _Links(plan, texts)
    index = np.moveaxis(plan.index, axis, 0)
    found = np.full(index.shape, -1, np.int64)
    last = np.full(index.shape[1:], -1, np.int64)
    for place, *point in np.argwhere(index >= 0).tolist():  # row-major: lower points come first
        at = tuple(point)
        last[at] = found[place, *at] = links.number(int(index[place, *at]), int(last[at]))
    return _in_order(plan, np.moveaxis(found, 0, axis), links)


def _axis(plan: Plan) -> int:
    """The place of the axis that chains run along."""
    names = [axis.name for axis in plan.experiment.axes]
    (over,) = {
        start.over for start in map(_start, plan.parts[3]) if start is not None and start.over
    }
    return names.index(over)


def _start(procedure: Procedure) -> Start | None:
    return getattr(procedure, "start", None)


@attrs.frozen(eq=False)
class _Links:
    """The distinct cells found so far: `names` (their ids), rows of parts and the cell before, by
    number; `ids` tells the number of an id.
    """

    plan: Plan
    texts: Sequence[Sequence[str]]
    ids: dict[str, int] = attrs.field(factory=dict)
    names: list[str] = attrs.field(factory=list)
    rows: list[int] = attrs.field(factory=list)
    before: list[int] = attrs.field(factory=list)
    _known: dict[tuple[int, int], int] = attrs.field(factory=dict)

    def number(self, row: int, last: int) -> int:
        """The number of the cell of a row of parts that comes after another one, -1 after none."""
        if (row, last) not in self._known:
            link = last if self._reuses(row) else -1
            number = self.ids.setdefault(self._id(row, link), len(self.ids))
            if number == len(self.rows):
                self.names.append(next(reversed(self.ids)))
                self.rows.append(row)
                self.before.append(link)
            self._known[row, last] = number
        return self._known[row, last]

    def _reuses(self, row: int) -> bool:
        dataset, architecture, terms, train, _ = self._parts(row)
        start = _start(train)
        sizes = dataset.shape, dataset.outputs, terms
        return start is not None and start.applies(architecture.parameters(*sizes))

    def _parts(self, row: int) -> tuple[Any, ...]:
        places = self.plan.rows[row].tolist()
        return tuple(part[place] for part, place in zip(self.plan.parts, places, strict=True))

    def _id(self, row: int, link: int) -> str:
        dataset, architecture, terms, _, seed = (
            texts[place] for texts, place in zip(self.texts, self.plan.rows[row], strict=True)
        )
        train = self._parts(row)[3]
        before = None if link < 0 else self.names[link]
        return digest(cell_text(architecture, dataset, terms, seed, started(train, before)))


def _in_order(plan: Plan, found: np.ndarray, links: _Links) -> Plan:
    """The plan with cells numbered by first appearance in the grid."""
    numbers = found.reshape(-1)
    order = list(dict.fromkeys(numbers[numbers >= 0].tolist()))
    ids, before = links.names, np.asarray(links.before, np.int64)[order]
    place = np.full(len(ids) + 1, -1, np.int64)  # the last for points without a cell
    place[order] = np.arange(len(order))
    return attrs.evolve(
        plan,
        index=place[found],
        ids=tuple(ids[number] for number in order),
        rows=plan.rows[[links.rows[number] for number in order]],
        before=np.where(before >= 0, place[before], -1),
    )
