"""What is planned, against what is stored: cells to train, to carry over, to accept, to delete.

Each stage is imported where it is called, so that this file loads no torch, ray or xarray.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from ddspec.execution.events import Event
    from ddspec.plan.batch import Batch
    from ddspec.plan.foresee import Relatives
    from ddspec.plan.grouping import Reading
    from ddspec.plan.machine import Machine
    from ddspec.plan.outlook import Holding, Outlook, Stale
    from ddspec.plan.plan import Plan
    from ddspec.plan.ways import Step
    from ddspec.results.held import Held, Origin
    from ddspec.results.rounds import Round
    from ddspec.results.store import Store
    from ddspec.training.record import Record


# --- what a run would do ----------------------------------------------------------------------


def foresee_all(
    now: Sequence[Round],
    store: Store | None,
    machine: Machine,
    step: Step = "auto",
    reuse: Sequence[Path] = (),
    retry: Collection[str] = ("failed",),
) -> tuple[Outlook, ...]:
    """The outlook of every experiment's round on a machine, given what the store holds, and what
    the stores of the run folders `reuse` do. retry: which cells that failed or diverged train
    again.
    """
    from ddspec.plan.estimate import with_estimates
    from ddspec.plan.foresee import foresee
    from ddspec.plan.retrying import retrying
    from ddspec.results.rounds import at_most, every_cell

    wanted = set().union(*(every_cell(each.whole) for each in now))
    held = {} if store is None else store.held(wanted)
    orphaned = 0 if store is None else len(store) - len(held)
    others = _elsewhere(now, held, reuse)
    there = held | {cell: found for each in others.values() for cell, found in each.items()}
    seconds = {cell: each.seconds for cell, each in there.items()}
    relatives = {} if store is None else _relatives(store)
    outlooks = [
        attrs.evolve(
            retrying(foresee(each.plan, there, orphaned, relatives), there, retry),
            round=each.number,
            most=at_most(each.whole),
            shares=each.whole.shares,
        )
        for each in now
    ]
    before = {why.before for outlook in outlooks for why in outlook.stale.values() if why.before}
    told = [
        attrs.evolve(_reusing(each, others), orphaned=orphaned - len(before)) for each in outlooks
    ]
    return with_estimates(told, seconds, machine, step)


def trains(store: Store, plan: Plan) -> bool:
    """Whether cells of a plan are still to be trained, or again."""
    from ddspec.plan.foresee import foresee

    return foresee(plan, store.held(plan.ids), 0, _relatives(store)).pending.size > 0


def groups_of(outlooks: Sequence[Outlook], store: Store) -> tuple[Batch, ...]:
    """The pending cells of all experiments, each once, with every reading any of them needs."""
    from ddspec.plan.grouping import group
    from ddspec.plan.readings import readings_of

    readings: dict[str, Reading] = readings_of(outlooks, store.held)
    cells = {
        outlook.plan.ids[number]: (outlook.plan, number)
        for outlook in outlooks
        for number in outlook.pending.tolist()
    }
    begun = {o.plan.ids[number]: each.step for o in outlooks for number, each in o.begun.items()}
    return group((plan.cell(number) for plan, number in cells.values()), readings, begun)


def origins(outlooks: Sequence[Outlook]) -> Callable[[Sequence[Record]], dict[str, Origin]]:
    """Tells of the records of pending cells, by id, where their readings come from."""
    from ddspec.plan.code import Code
    from ddspec.plan.origins import Origins, mark_of
    from ddspec.results.held import Origin

    found = [Origins(outlook.plan) for outlook in outlooks]
    places = {
        outlook.plan.ids[number]: (each, number)
        for outlook, each in zip(outlooks, found, strict=True)
        for number in outlook.pending.tolist()
    }
    measures = {
        measure.recorded.key: mark_of(type(measure.recorded))
        for outlook in outlooks
        for measure in outlook.plan.experiment.measures.values()
    }
    own = {key: mark for key, mark in measures.items() if mark.source}  # versions are in the key

    def of(record: Record) -> Origin:
        each, number = places[record.cell]
        code = each.code(number) | Code.of(own[key] for key in record.series if key in own)
        return Origin(str(code), each.kin(number))

    return lambda records: {each.cell: of(each) for each in records if each.cell in places}


def _relatives(store: Store) -> Relatives:
    """Of stored cells with words of earlier versions the id and the code, by kin."""
    from ddspec.plan.origins import changes

    old = store.coded(code for code in store.codes() if changes(code))
    return {each.kin: (cell, each.code) for cell, each in old.items() if each.kin}


# --- results of other run folders -------------------------------------------------------------


def carry(
    now: Sequence[Round],
    store: Store,
    folders: Sequence[Path],
    tell: Sequence[Callable[[Event], object]],
) -> None:
    """Copy into the store the cells of a round that it lacks and that other run folders have."""
    from ddspec.execution.events import Noted
    from ddspec.results.reuse import copy
    from ddspec.results.store import open_store

    for folder in folders:
        with open_store(folder, readonly=True) as source:
            held = store.held(_ids(now))
            count = copy(source, store, _usable(now, held, source))
        if count:
            for listener in tell:
                listener(Noted(f"carried over {_cells(count)} from {folder}"))


def _elsewhere(
    now: Sequence[Round], held: Mapping[str, Held], folders: Sequence[Path]
) -> dict[str, dict[str, Held]]:
    """What other run folders have of the cells that would train, by folder, each cell once."""
    from ddspec.results.store import open_store

    found: dict[str, dict[str, Held]] = {}
    known = dict(held)
    for folder in folders:
        with open_store(folder, readonly=True) as source:
            found[str(folder)] = _usable(now, known, source)
        known |= found[str(folder)]
    return found


def _usable(now: Sequence[Round], held: Mapping[str, Held], source: Store) -> dict[str, Held]:
    """What another store has of the cells that would train: neither failed nor stale ones, nor
    those without all readings that an experiment asks for.
    """
    from ddspec.plan.outlook import STATES

    pending = _in(now, held, lambda each: each.pending.tolist())
    there = source.held(pending)
    cached = STATES.index("cached")
    usable = _in(now, there, lambda each: (each.states == cached).nonzero()[0].tolist())
    return {cell: there[cell] for cell in usable}


def _in(
    now: Sequence[Round],
    held: Mapping[str, Holding],
    chosen: Callable[[Outlook], list[int]],
) -> set[str]:
    """The ids of the chosen cells of every experiment's round."""
    from ddspec.plan.foresee import foresee

    outlooks = [foresee(each.plan, held) for each in now]
    return {each.plan.ids[number] for each in outlooks for number in chosen(each)}


def _ids(now: Sequence[Round]) -> set[str]:
    return {cell for each in now for cell in each.plan.ids}


def _reusing(outlook: Outlook, others: Mapping[str, Mapping[str, Held]]) -> Outlook:
    """The outlook with the cells that are kept elsewhere marked as such."""
    from ddspec.plan.outlook import STATES

    states = outlook.states.copy()
    folders: dict[str, int] = {}
    for folder, found in others.items():
        numbers = [number for number, cell in enumerate(outlook.plan.ids) if cell in found]
        states[numbers] = STATES.index("reused")
        folders |= {folder: len(numbers)} if numbers else {}
    return attrs.evolve(outlook, states=states, folders=folders)


# --- stale and orphaned cells -----------------------------------------------------------------


def stale_in(store: Store) -> dict[str, int]:
    """How many stored cells come from words that have changed since, by how: quickly, without a
    spec. Cells that are stored with words of today as well do not count.
    """
    from ddspec.plan.origins import changes

    codes = store.codes()
    old = [code for code in codes if changes(code)]
    if not old:
        return {}
    renewed = {each.kin for each in store.coded(set(codes) - set(old)).values()} - {""}
    return dict(
        Counter(
            how
            for each in store.coded(old).values()
            if each.kin not in renewed
            for how in changes(each.code).values()
        )
    )


def orphans(plans: Sequence[Plan], store: Store) -> set[str]:
    """The stored cells that no plan asks for: not its own, not its shorter trainings of candidates,
    nor those that its cells were before a word changed, as long as they are not trained again.
    """
    from ddspec.plan.foresee import foresee
    from ddspec.results.rounds import every_cell

    asked = set().union(*(every_cell(plan) for plan in plans))
    held, relatives = store.held(asked), _relatives(store)
    stages = [stage for plan in plans for stage in (*plan.rungs, plan)] if relatives else []
    before = {
        why.before for stage in stages for why in foresee(stage, held, 0, relatives).stale.values()
    }
    return set(store.ids() - asked - before)


@attrs.frozen
class Accepted:
    """What was accepted: how many cells by what has changed, and how many are left stale because
    something else has changed too.
    """

    reasons: Mapping[str, int]
    left: Mapping[str, int]

    def __bool__(self) -> bool:
        return bool(self.reasons)


def accept(plans: Sequence[Plan], store: Store, word: str | None = None) -> Accepted:
    """Keep stale cells as what they would be today: all, or those stale for `word` alone."""
    from ddspec.plan.origins import today
    from ddspec.results.accepting import accept_all
    from ddspec.results.rounds import rounds

    reasons: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for now in rounds(plans, store):
        stale = dict(_stale(now, store))
        taken = {
            cell: why for cell, why in stale.items() if word is None or set(why.changed) == {word}
        }
        accept_all(store, taken, today)
        reasons.update(how for why in taken.values() for how in why.changed.values())
        left.update(h for cell in stale if cell not in taken for h in stale[cell].changed.values())
    return Accepted(reasons, left)


def _stale(now: Sequence[Round], store: Store) -> Iterator[tuple[str, Stale]]:
    """The stale cells of a round by the id that they have today."""
    from ddspec.plan.foresee import foresee

    held, relatives = store.held(_ids(now)), _relatives(store)
    for each in now:
        outlook = foresee(each.plan, held, 0, relatives)
        yield from ((each.plan.ids[number], why) for number, why in outlook.stale.items())


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
