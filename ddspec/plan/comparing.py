"""Two plans to what is different between them: cells, axes, settings, readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ddspec.plan.cell import Cell
from ddspec.plan.picking import shown
from ddspec.plan.plan import Plan
from ddspec.plan.written import in_epochs, write_value, write_word
from ddspec.spec.model import Axis, Composition, Experiment
from ddspec.vocabulary.kinds import Word
from ddspec.vocabulary.schema import Parameter

NOTHING = "none"
MOST_PAIRS = 4_000_000  # that are compared: enough to see what is different
Step = tuple[str, str, str]  # where, before, after


@attrs.frozen
class AxisChange:
    """Labels that an axis has in one of two experiments only; `whole`: the other has no such axis,
    `before` or `after`.
    """

    axis: str
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    whole: str = ""


@attrs.frozen
class SettingChange:
    """A setting that is different at so many points of the grid with the same labels."""

    setting: str
    before: str
    after: str
    points: int


@attrs.frozen
class Difference:
    """How an experiment is different: cells by what becomes of them, and why.

    `before`, `after`: its names, empty where it is not there. `readings`: what is read of the
    cells, otherwise, in words.
    """

    before: str
    after: str
    same: int = 0
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    axes: tuple[AxisChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    readings: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything is different."""
        found = (self.dropped, self.added, self.axes, self.settings, self.readings)
        return self.before != self.after or any(found)


def compare(before: Sequence[Plan], after: Sequence[Plan]) -> tuple[Difference, ...]:
    """The difference of every experiment of two specs: those of one name belong together, and the
    only ones left on either side, as one that has another name now.
    """
    old = {plan.experiment.name: plan for plan in before}
    new = {plan.experiment.name: plan for plan in after}
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    pairs = [(name, name) for name in old if name in new]
    if len(gone) == len(come) == 1:
        pairs.append((gone.pop(), come.pop()))
    found = [compare_plans(old[one], new[other]) for one, other in pairs]
    found += [Difference(name, "", dropped=old[name].ids) for name in gone]
    found += [Difference("", name, added=new[name].ids) for name in come]
    return tuple(found)


def compare_plans(before: Plan, after: Plan) -> Difference:
    """The difference of two plans."""
    ids = set(before.ids), set(after.ids)
    return Difference(
        before.experiment.name,
        after.experiment.name,
        same=len(ids[0] & ids[1]),
        dropped=tuple(cell for cell in before.ids if cell not in ids[1]),
        added=tuple(cell for cell in after.ids if cell not in ids[0]),
        axes=tuple(_axes(before.experiment, after.experiment)),
        settings=tuple(_settings(before, after)),
        readings=tuple(_readings(before.experiment, after.experiment)),
    )


# --- axes -------------------------------------------------------------------------------------


def _axes(before: Experiment, after: Experiment) -> Iterator[AxisChange]:
    old = {axis.spelling: _labels(axis) for axis in before.axes}
    new = {axis.spelling: _labels(axis) for axis in after.axes}
    for name in dict.fromkeys([*old, *new]):
        here, there = old.get(name, ()), new.get(name, ())
        whole = "before" if name not in new else "after" if name not in old else ""
        dropped = tuple(label for label in here if label not in there)
        added = tuple(label for label in there if label not in here)
        if dropped or added or whole:
            yield AxisChange(name, dropped, added, whole)


def _labels(axis: Axis) -> tuple[str, ...]:
    return tuple(map(shown, axis.labels))


# --- settings ---------------------------------------------------------------------------------


def _settings(before: Plan, after: Plan) -> Iterator[SettingChange]:
    """Where cells at the same labels are different, the most frequent first."""
    found: Counter[Step] = Counter()
    known: dict[tuple[int, ...], tuple[Step, ...]] = {}
    for (one, other), points in _pairs(before, after).items():
        rows = (*before.rows[one].tolist(), *after.rows[other].tolist())
        if rows not in known:
            known[rows] = tuple(steps_between(before.cell(one), after.cell(other)))
        found.update(dict.fromkeys(known[rows], points))
    for (where, old, new), points in found.most_common():
        yield SettingChange(where, old, new, points)


def _pairs(before: Plan, after: Plan) -> dict[tuple[int, int], int]:
    """Cells by number that lie at the same labels of the axes both have, where neither is a cell
    of the other plan; and at how many points of the grid.
    """
    names = [a.spelling for a in before.experiment.axes]
    common = [a.spelling for a in after.experiment.axes if a.spelling in names]
    one, other = _aligned(before, after, common), _aligned(after, before, common)
    few = max(1, MOST_PAIRS // max(one.size, 1))
    other = other[:, :few]
    left, right = np.broadcast_arrays(one[:, :, None], other[:, None, :])
    pairs = np.stack([left.reshape(-1), right.reshape(-1)], axis=-1)
    pairs = pairs[(pairs >= 0).all(axis=-1)]
    rows, counts = np.unique(pairs, axis=0, return_counts=True)
    kept = set(before.ids) & set(after.ids)
    return {
        (a, b): count
        for (a, b), count in zip(map(tuple, rows.tolist()), counts.tolist(), strict=True)
        if before.ids[a] not in kept and after.ids[b] not in kept
    }


def _aligned(plan: Plan, other: Plan, common: Sequence[str]) -> np.ndarray:
    """The numbers of cells, (points of the labels both have, points of the other axes)."""
    axes = {axis.spelling: place for place, axis in enumerate(plan.experiment.axes)}
    index = plan.index
    theirs = {axis.spelling: _labels(axis) for axis in other.experiment.axes}
    for name in common:
        own = _labels(plan.experiment.axes[axes[name]])
        shared = sorted({*own} & {*theirs[name]})  # in one order for both plans
        index = np.take(index, [own.index(label) for label in shared], axis=axes[name])
    order = [axes[name] for name in common]
    rest = [place for place in range(index.ndim) if place not in order]
    moved = index.transpose([*order, *rest])
    count = int(np.prod([moved.shape[place] for place in range(len(order))], dtype=int))
    return moved.reshape(count, -1)


def steps_between(before: Cell, after: Cell) -> Iterator[Step]:
    """What is different between two cells: where (`train.optimizer.lr`), before and after."""
    found = [
        *_words("dataset", before.dataset, after.dataset),
        *_words("architecture", before.architecture, after.architecture),
        *_compositions(before.regularizer, after.regularizer),
        *_words("train", in_epochs(before), in_epochs(after)),
    ]
    for stream, old in attrs.asdict(before.seed).items():
        if (new := getattr(after.seed, stream)) != old:
            found.append((f"seed.{stream}", str(old), str(new)))
    if not found and before.id != after.id:
        found.append(("train.start", "from another cell before it", "from this one"))
    yield from found


def _words(where: str, before: Word, after: Word) -> Iterator[Step]:
    if type(before) is not type(after):
        yield where, write_word(before), write_word(after)
        return
    for parameter in before.parameters_of():
        old, new = (getattr(word, parameter.field) for word in (before, after))
        if old != new:
            yield from _values(f"{where}.{parameter.name}", old, new, parameter)


def _values(where: str, old: Any, new: Any, parameter: Parameter) -> Iterator[Step]:
    both = isinstance(old, Word) and type(old) is type(new)
    if both and old.name() != parameter.lift:
        yield from _words(where, old, new)
    else:
        yield where, _text(old, parameter), _text(new, parameter)


def _text(value: Any, parameter: Parameter) -> str:
    return NOTHING if value is None else write_value(value, parameter)


def _compositions(before: Composition, after: Composition) -> Iterator[Step]:
    old = {(term.name(), term.place): term for term in before}
    new = {(term.name(), term.place): term for term in after}
    for key in dict.fromkeys([*old, *new]):
        one, other = old.get(key), new.get(key)
        if one is None or other is None:
            texts = [NOTHING if term is None else write_word(term) for term in (one, other)]
            yield "regularizer", texts[0], texts[1]
        else:
            yield from _words(f"regularizer.{key[0]}", one, other)


# --- readings ---------------------------------------------------------------------------------


def _readings(before: Experiment, after: Experiment) -> Iterator[str]:
    old, new = before.trajectory, after.trajectory
    if old != new:
        yield f"read at {_points(old.unit, old.points)}, now at {_points(new.unit, new.points)}"
    yield from _named("measure", before.measures, after.measures)
    yield from _named("report", before.reports, after.reports)
    theories = ({n: t.values for n, t in e.theories.items()} for e in (before, after))
    yield from _named("theory", *theories)
    derived = ({n: t.values for n, t in e.derived.items()} for e in (before, after))
    yield from _named("derived quantity", *derived)
    if before.axes != after.axes:
        yield from _chosen(before.axes, after.axes)


def _points(unit: str, points: Sequence[int]) -> str:
    if not points:
        return "the end of training"
    return f"{len(points)} {unit} {points[0]}..{points[-1]}"


def _named(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield f"{kind} {name} is gone"
        elif name not in before:
            yield f"{kind} {name} is new"
        elif before[name] != after[name]:
            yield f"{kind} {name} is another"


def _chosen(before: Sequence[Axis], after: Sequence[Axis]) -> Iterator[str]:
    """How the best of tuned candidates is chosen, where that is otherwise."""
    old = {axis.name: axis for axis in before if axis.kind == "tuned"}
    for axis in after:
        other = old.get(axis.name)
        if other is not None and _choice(axis) != _choice(other):
            yield f"{axis.name} is chosen otherwise"


def _choice(axis: Axis) -> tuple[object, ...]:
    return axis.criterion, axis.across, axis.halving, axis.select_on
