"""Tuning in rounds: which candidates are tried next, from what is stored of those before."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import attrs
import numpy as np

from ddspec.plan.plan import Plan
from ddspec.results.readings import MISSING, gather
from ddspec.results.store import Store
from ddspec.results.tuning import REJECTED, Tuned, split_axis
from ddspec.spec.model import Experiment

Judge = Callable[[tuple[int, ...]], float | None]


@attrs.frozen(eq=False)
class Round:
    """What an experiment trains at one time: `whole` or, where candidates are tuned in rounds, the
    cells of the one of that `number`, from 1.
    """

    whole: Plan
    plan: Plan
    number: int = 1


def rounds(plans: Sequence[Plan], store: Store | None) -> Iterator[tuple[Round, ...]]:
    """The rounds of all experiments, each worked out from what the store holds when it begins."""
    walks = [stages(plan, store) for plan in plans]
    for number, now in enumerate(itertools.zip_longest(*walks), start=1):
        pairs = zip(plans, now, strict=True)
        yield tuple(Round(whole, plan, number) for whole, plan in pairs if plan is not None)


def next_rounds(
    plans: Sequence[Plan], store: Store | None, trains: Callable[[Plan], bool] = lambda _: False
) -> tuple[Round, ...]:
    """Of every experiment the first round that lacks a cell, or else the last.

    trains: whether a round has cells that are stored but train again.
    """
    found = []
    for whole in plans:
        several = Search.of(whole) is not None
        for number, plan in enumerate(stages(whole, store), start=1):  # noqa: B007 - the last too
            if store is None or len(store.statuses(plan.ids)) < len(plan):
                break
            if several and trains(plan):
                break
        found.append(Round(whole, plan, number))
    return tuple(found)


def stages(plan: Plan, store: Store | None) -> Iterator[Plan]:
    """What is trained one after the other; the last is what the dataset shows.

    Without halving or seeds that select it is the plan. Otherwise candidates are first tried in
    shorter runs, at the seeds that select; each time the best go on, by validation alone. A stage
    is worked out when it is asked for, from what is stored of the one before: where a cell of a
    choice is missing there, none of its candidates goes on.
    """
    return _walk(plan, lambda stage, criterion: _judge(stage, criterion, store))


def at_most(plan: Plan) -> tuple[int, ...]:
    """How many cells each stage can have, beside those of stages before it, whoever goes on."""
    seen: set[str] = set()
    found = []
    for stage in _walk(plan, lambda *_: _indifferent):
        found.append(len(seen.union(stage.ids)) - len(seen))
        seen.update(stage.ids)
    return tuple(found)


def _indifferent(run: tuple[int, ...]) -> float:
    """Finds all candidates alike."""
    del run
    return 0.0


def every_cell(plan: Plan) -> set[str]:
    """The ids of all cells that any stage can ask for."""
    return set(plan.ids).union(*(rung.ids for rung in plan.rungs))


def _walk(plan: Plan, judging: Callable[[Plan, str], Judge]) -> Iterator[Plan]:
    search = Search.of(plan)
    if search is None:
        yield plan
        return
    active = search.selecting
    for rung in plan.rungs:
        stage = restricted(rung, active & search.real)
        yield stage
        active = search.survivors(stage, judging(stage, search.criterion), search.factor)
    stage = restricted(plan, active | ~search.real)
    yield stage
    if search.selected is not None:
        winners = search.survivors(stage, judging(stage, search.criterion), 0)
        yield restricted(plan, active | search.reported(winners) | ~search.real)


def _judge(stage: Plan, criterion: str, store: Store | None) -> Judge:
    """Tells the worth of a candidate from its cells, smaller is better; None: not all are known."""
    if store is None:
        return lambda _: None
    readings = gather(stage, store, [criterion], [criterion])
    worth = readings.last(criterion)

    def judge(run: tuple[int, ...]) -> float | None:
        cells = [cell for cell in run if cell >= 0]
        if (readings.status[cells] == MISSING).any():
            return None
        mean = float(np.mean(worth[cells]))
        return mean if np.isfinite(mean) else np.inf

    return judge


def restricted(plan: Plan, active: np.ndarray) -> Plan:
    """A plan without the cells of candidates that are not active: their points are REJECTED."""
    index = np.where(active | (plan.index < 0), plan.index, REJECTED)
    numbers = np.unique(index[index >= 0])
    if len(numbers) == len(plan):
        return attrs.evolve(plan, index=index, rungs=())
    place = np.full(max(len(plan), 1), -1, np.int64)
    place[numbers] = np.arange(len(numbers))
    return attrs.evolve(
        plan,
        index=np.where(index >= 0, place[np.maximum(index, 0)], index),
        ids=tuple(plan.ids[number] for number in numbers.tolist()),
        rows=plan.rows[numbers],
        rungs=(),
    )


@attrs.frozen(eq=False)
class Search:
    """A grid as choices between candidates.

    order: the axes of choices, then those averaged over, then those of candidates. selected: the
    positions that select along the axis `seeds`, or None: all. selecting, real: of the grid's
    shape; where the seeds select, and where there is anything to choose.
    """

    experiment: Experiment
    across: tuple[str, ...]
    factor: int
    criterion: str
    seeds: int
    selected: np.ndarray | None
    selecting: np.ndarray
    real: np.ndarray

    @classmethod
    def of(cls, plan: Plan) -> Search | None:
        """The search of a plan; None where all candidates are trained at once."""
        tuned = [axis for axis in plan.experiment.axes if axis.kind == "tuned"]
        if not any(axis.halving or axis.select_on for axis in tuned):
            return None
        first, shape = tuned[0], plan.experiment.shape
        seeds, selected, selecting = 0, None, np.ones(shape, bool)
        if first.select_on:
            name, positions = split_axis(plan.experiment, first)
            seeds = [axis.name for axis in plan.experiment.axes].index(name)
            selected = np.array(positions)
            selecting = np.zeros(shape, bool)
            np.moveaxis(selecting, seeds, 0)[selected] = True
        places = tuple(n for n, axis in enumerate(plan.experiment.axes) if axis.kind == "tuned")
        across = tuple(n for n, a in enumerate(plan.experiment.axes) if a.name in first.across)
        least, most = (f(plan.index, axis=places, keepdims=True) for f in (np.min, np.max))
        real = np.broadcast_to((least != most).any(axis=across, keepdims=True), shape)
        return cls(
            plan.experiment,
            first.across,
            first.halving,
            first.criterion,
            seeds,
            selected,
            selecting,
            real,
        )

    def survivors(self, stage: Plan, judge: Judge, factor: int) -> np.ndarray:
        """The points of the candidates that go on, of the grid's shape: of each choice the best
        1 / factor, rounded up, or one if `factor` is 0; of none where a cell is missing.
        """
        view = self.laid(stage.index)
        going = np.zeros(view.shape, bool)
        for choice in range(len(view)):
            going[choice][:, _best(view[choice], judge, factor)] = True
        return self._back(going)

    def reported(self, winners: np.ndarray) -> np.ndarray:
        """The points of winners at the seeds that do not select."""
        first = np.take(winners, self.selected[:1], axis=self.seeds)  # type: ignore[index]
        return np.asarray(np.broadcast_to(first, winners.shape) & ~self.selecting)

    @property
    def order(self) -> tuple[list[int], list[int], list[int]]:
        """The places of the axes of choices, of those averaged over and of candidates."""
        axes = list(enumerate(self.experiment.axes))
        across = [n for n, axis in axes if axis.name in self.across]
        tuned = [n for n, axis in axes if axis.kind == "tuned"]
        return [n for n, _ in axes if n not in (*across, *tuned)], across, tuned

    def laid(self, grid: np.ndarray) -> np.ndarray:
        """(choices, averaged over, candidates); of the seeds only those that select."""
        if self.selected is not None:
            grid = np.take(grid, self.selected, axis=self.seeds)
        choices, across, tuned = self.order
        sizes = [int(np.prod([grid.shape[n] for n in part])) for part in (choices, across, tuned)]
        laid: np.ndarray = grid.transpose([*choices, *across, *tuned]).reshape(sizes).copy()
        return laid

    def _back(self, laid: np.ndarray) -> np.ndarray:
        """What `laid` laid out, of the grid's shape; False at the other seeds."""
        shape = list(self.experiment.shape)
        if self.selected is not None:
            shape[self.seeds] = len(self.selected)
        order = list(itertools.chain(*self.order))
        part = laid.reshape([shape[n] for n in order]).transpose(np.argsort(order))
        if self.selected is None:
            return np.asarray(part)
        grid = np.zeros(self.experiment.shape, bool)
        np.moveaxis(grid, self.seeds, 0)[self.selected] = np.moveaxis(part, self.seeds, 0)
        return grid


def _best(index: np.ndarray, judge: Judge, factor: int) -> list[int]:
    """The candidates that go on of one choice, index (averaged over, candidates)."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for candidate in np.flatnonzero((index >= 0).any(axis=0)).tolist():
        alike.setdefault(tuple(index[:, candidate].tolist()), []).append(candidate)
    worth: dict[tuple[int, ...], float] = {}
    for run in alike:
        found = judge(run)
        if found is None:
            return []
        worth[run] = found
    ranked = sorted(alike, key=lambda run: worth[run])
    count = -(-len(ranked) // factor) if factor else 1
    return [c for run in ranked[:count] if worth[run] < np.inf for c in alike[run]]


# --- in the dataset ---------------------------------------------------------------------------

CANDIDATE, RUNG = "halving_candidate", "halving_rung"
Variable = tuple[tuple[str, ...], np.ndarray, dict[str, str]]


def rungs_reached(plan: Plan, staged: Sequence[Plan]) -> dict[str, Variable]:
    """How far each candidate of a choice came, by variables and coordinates of the dataset.

    `halving_rung`: int8 over the axes of choices and the candidates; 0 is the shortest training,
    the largest the full one, -1 where there was nothing to choose. Nothing without halving.
    """
    search = Search.of(plan)
    if search is None or not plan.rungs:
        return {}
    grid = np.full(plan.index.shape, -1, np.int8)
    for number, stage in enumerate(staged[: len(plan.rungs) + 1]):
        grid[(stage.index >= 0) & search.real] = number
    axes = plan.experiment.axes
    choices, _, tuned = search.order
    sizes = [len(axes[place]) for place in choices]
    values = search.laid(grid).max(axis=1).reshape([*sizes, -1])
    about = {"long_name": "the last round of halving that a candidate was in, from 0", "units": "1"}
    about["comment"] = ", ".join([*(f"1/{share}" for share in plan.shares), "all"])
    found: dict[str, Variable] = {
        RUNG: ((*(axes[place].name for place in choices), CANDIDATE), values, about)
    }
    tried = np.meshgrid(*(np.asarray(axes[place].labels) for place in tuned), indexing="ij")
    for place, labels in zip(tuned, tried, strict=True):
        name = f"candidate_{axes[place].name}"
        found[name] = ((CANDIDATE,), labels.reshape(-1), {"long_name": "a candidate's value"})
    return found


def reporting(grid: Tuned, experiment: Experiment) -> Tuned:
    """The grid without the seeds that select: they are not reported."""
    axis = next((axis for axis in experiment.axes if axis.select_on), None)
    if axis is None:
        return grid
    names = [each.name for each in grid.axes]
    place = names.index(split_axis(experiment, axis)[0])
    kept = [n for n, label in enumerate(grid.axes[place].labels) if label not in axis.select_on]
    axes = list(grid.axes)
    extras = {name: tuple(v[n] for n in kept) for name, v in axes[place].extras.items()}
    labels = tuple(axes[place].labels[n] for n in kept)
    axes[place] = attrs.evolve(axes[place], labels=labels, extras=extras)
    return attrs.evolve(grid, axes=tuple(axes), index=np.take(grid.index, kept, axis=place))
