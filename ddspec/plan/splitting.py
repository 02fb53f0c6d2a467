"""Groups to batches: cut for the workers there are, so that all of them finish together.

Batches are handed out longest first, each to the worker that is free first. Large batches cost
least; small ones at the end leave nobody waiting. A few cuttings, from coarse to fine, are played
through with the cost model, whose times are then wrong by chance, and the quickest is taken.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable, Iterable, Sequence

import attrs
import numpy as np

from ddspec.plan.batch import Batch
from ddspec.plan.cost import Work, work_of
from ddspec.plan.machine import Machine
from ddspec.plan.stacking import SOLVED, queue_size, stack_key, stack_size
from ddspec.plan.ways import Choice, Step, choose
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent

PARTS = (0.7, 1.0, 2.0, 4.0)  # a batch is a worker's share of what remains, over this
LOSSES = (
    0.2,
    0.5,
    1.0,
    2.0,
    math.inf,
)  # by how much cells may become dearer in a stack that is cut small
SHORTEST, LONGEST = 1.0, 30.0  # seconds of a batch: worth a call, and seen to progress
CALL = 0.02  # seconds a batch costs besides its cells: it is sent, and its records are committed
MISTAKE = 0.25  # standard deviation of the logarithm of what the cost model is wrong by
GAMES = 3  # played for each cutting, with other mistakes


def split(
    groups: Sequence[Batch], machine: Machine, step: Step = "auto", scale: float = 1.0
) -> tuple[Batch, ...]:
    """Batches for the workers of a machine, longest first; every cell is in exactly one.

    Each says in which ways its steps are taken and how long it should take. scale: by how much
    finished cells took longer than the cost model says.
    """
    piles = [_pile(group, machine, step, scale) for group in groups]
    piles.sort(key=lambda pile: -pile.seconds(0, pile.fewest(LOSSES[0])))
    cuttings = [_cut(piles, machine.workers, part, loss) for part in PARTS for loss in LOSSES]
    best = min(cuttings, key=lambda cuts: mean_span([c.seconds for c in cuts], machine.workers))
    return tuple(
        attrs.evolve(cut.pile.group, cells=cut.pile.group.cells[cut.start : cut.stop],
                     seconds=cut.seconds)
        for cut in best
    )  # fmt: skip


def mean_span(seconds: Sequence[float], workers: int) -> float:
    """When the last of some workers is done with batches that are taken in order, on average.

    seconds: what each batch is expected to take; it takes that, give or take a random quarter.
    """
    spans = []
    for game in range(GAMES):
        mistakes = np.random.default_rng(game).lognormal(0.0, MISTAKE, len(seconds))
        free = [0.0] * workers
        for took in (np.asarray(seconds) * mistakes + CALL).tolist():
            heapq.heapreplace(free, free[0] + took)
        spans.append(max(free))
    return sum(spans) / GAMES


@attrs.frozen(eq=False)
class _Pile:
    """A group with its dearest cells first.

    ends: where it may be cut, increasing, its own length the last. total: (cells + 1,), own seconds
    added up. shared: (cells,), what a batch costs besides that begins with the cell. most: cells
    to a batch. longest: seconds of a batch that has more cells than it must.
    """

    group: Batch
    ends: np.ndarray
    total: np.ndarray
    shared: np.ndarray
    most: int
    longest: float = LONGEST

    def seconds(self, start: int, stop: int) -> float:
        """What a batch of the cells [start, stop) takes."""
        return float(self.shared[start] + self.total[stop] - self.total[start])

    def fewest(self, loss: float) -> int:
        """The smallest stack in which the first cell gets dearer by no more than a share `loss`."""
        own = max(float(self.total[1]), 1e-9)
        return min(max(math.ceil(float(self.shared[0]) / (loss * own)), 1), self.most, len(self))

    def __len__(self) -> int:
        return len(self.shared)

    def stop(self, start: int, seconds: float, fewest: int) -> int:
        """Where a batch ends that begins at `start` and has cells of so many seconds of their own.

        What remains is cut evenly, so that no scrap is left at the end.
        """
        fit = int(np.searchsorted(self.total, self.total[start] + seconds, "right")) - 1 - start
        count = min(max(fit, fewest), self.most)
        rest = len(self) - start
        parts = max(round(rest / count), -(-rest // self.most))
        place = np.searchsorted(self.ends, start + -(-rest // parts))
        return int(self.ends[place])


@attrs.frozen(eq=False)
class _Cut:
    """The cells [start, stop) of a pile, and what they should take."""

    pile: _Pile
    start: int
    stop: int
    seconds: float


def _cut(piles: Iterable[_Pile], workers: int, part: float, loss: float) -> list[_Cut]:
    """Every pile in batches that get smaller as less remains; the longest first."""
    piles = list(piles)
    left = sum(float(pile.total[-1]) for pile in piles)
    cuts = []
    for pile in piles:
        start, fewest = 0, pile.fewest(loss)
        while start < len(pile):
            seconds = min(max(left / (part * workers), SHORTEST), pile.longest)
            stop = pile.stop(start, seconds, fewest)
            cuts.append(_Cut(pile, start, stop, pile.seconds(start, stop)))
            left -= float(pile.total[stop] - pile.total[start])
            start = stop
    return sorted(cuts, key=lambda cut: -cut.seconds)


def _pile(group: Batch, machine: Machine, step: Step, scale: float) -> _Pile:
    """The pile of a group on a machine, its ways chosen."""
    first, readings = group.cells[0], max(len(group.points), 1)
    choice = choose(first, len(group), readings, machine, step)
    works = _works(group, readings, choice, machine.device)
    own, shared = (scale * np.array([getattr(w, n) for w in works]) for n in ("own", "shared"))
    if choice.solved:
        return _designs(group, own, shared)
    if isinstance(first.train, GradientDescent) and first.train.chained:
        return _whole(attrs.evolve(group, ways=choice.ways), own + shared)
    order = np.argsort(-(own + shared), kind="stable")
    cells = tuple(group.cells[number] for number in order.tolist())
    native, stack = choice.name == "native", stack_size(first, machine.device)
    alone = native or choice.fitted
    return _Pile(
        attrs.evolve(group, cells=cells, ways=choice.ways, stack=stack),
        ends=np.arange(1, len(cells) + 1),
        total=np.concatenate([[0.0], np.cumsum(own[order])]),
        shared=shared[order],
        most=queue_size(first) if native else stack,
        longest=LONGEST if alone else math.inf,
    )


def _whole(chain: Batch, seconds: np.ndarray) -> _Pile:
    """The pile of a chain, which is one batch."""
    count = len(chain)
    total = np.concatenate([[0.0], np.cumsum(seconds)])
    return _Pile(chain, np.array([count]), total, np.zeros(count), count, math.inf)


def _works(group: Batch, readings: int, choice: Choice, device: str) -> list[Work]:
    """What each cell costs, worked out once for all that are made of the same parts."""
    memo: dict[tuple[int, ...], Work] = {}
    found = []
    for cell in group.cells:
        parts = tuple(map(id, (cell.dataset, cell.architecture, cell.regularizer, cell.train)))
        if parts not in memo:
            memo[parts] = work_of(cell, readings, choice.ways[0], device)
        found.append(memo[parts])
    return found


def _designs(group: Batch, own: np.ndarray, shared: np.ndarray) -> _Pile:
    """The pile of solved cells: cells of one design matrix, which is factored once, stay together.

    Designs on the same samples lie side by side, the dearest first.
    """
    designs: dict[Hashable, dict[Hashable, list[int]]] = {}
    memo: dict[Hashable, Hashable] = {}
    for number, cell in enumerate(group.cells):
        parts = (id(cell.dataset), id(cell.seed))
        if parts not in memo:
            memo[parts] = stack_key(cell)
        of_samples = designs.setdefault(memo[parts], {})
        of_samples.setdefault(cell.architecture, []).append(number)
    order, extra = [], []
    for of_samples in designs.values():
        for numbers in sorted(of_samples.values(), key=lambda ns: -float(shared[ns[0]])):
            order += numbers
            extra += [float(shared[numbers[0]]), *[0.0] * (len(numbers) - 1)]
    starts = np.flatnonzero(np.array(extra) > 0)
    return _Pile(
        attrs.evolve(group, cells=tuple(group.cells[number] for number in order)),
        ends=np.array([*starts[1:].tolist(), len(order)]),
        total=np.concatenate([[0.0], np.cumsum(own[order] + np.array(extra))]),
        shared=np.zeros(len(order)),
        most=SOLVED,
    )
