"""Stale cells to cells of today: their readings are kept, and what was accepted is noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from ddspec.plan.code import Code, Mark
from ddspec.plan.outlook import Stale
from ddspec.results.held import Origin
from ddspec.results.reuse import in_parts, record_of
from ddspec.results.store import Store


def accept_all(
    store: Store, stale: Mapping[str, Stale], today: Callable[[str, str], Mark | None]
) -> None:
    """Let stored readings count as those of the cells `stale`, by the id that these have today.

    A cell that is stored under its id gets the code of today; one that is stored under an earlier
    id is copied. `today` tells the mark of a word as it is now. What was accepted stays part of the
    stored code until the cell is trained again.
    """
    held = store.held(cell for cell, why in stale.items() if not why.before)
    for part in in_parts(held):
        store.attribute({cell: _brought(held[cell].origin, stale[cell], today) for cell in part})
    later = {why.before: cell for cell, why in stale.items() if why.before}
    for part in in_parts(later):
        found = list(store.read(part))
        now = {later[each.cell]: each for each in found}
        store.write(
            [attrs.evolve(record_of(each), cell=cell) for cell, each in now.items()],
            {cell: _brought(each.origin, stale[cell], today) for cell, each in now.items()},
        )


def _brought(origin: Origin, why: Stale, today: Callable[[str, str], Mark | None]) -> Origin:
    return attrs.evolve(origin, code=str(Code.parse(origin.code).brought(why.changed, today)))
