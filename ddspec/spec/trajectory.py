"""Training time: lengths in steps, and where a run is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.spec import decimals
from ddspec.spec.building import builds_in
from ddspec.spec.model import Table, Trajectory
from ddspec.spec.nodes import Node
from ddspec.spec.problems import Problems, label
from ddspec.spec.scope import Column
from ddspec.spec.tables import Grid, Kept, joined, mapped, squeezed
from ddspec.vocabulary.kinds import Dataset, Procedure, Schedule, Word
from ddspec.vocabulary.schema import FULL, Duration


def words_in(word: Word) -> Iterator[Word]:
    """A word and the words among its arguments."""
    yield word
    for field in attrs.fields(type(word)):  # type: ignore[arg-type]
        value = getattr(word, field.name)
        if isinstance(value, Word):
            yield from words_in(value)


def durations(word: Word) -> list[Duration]:
    """Every length of training among a word's arguments."""
    return [
        length
        for inner in words_in(word)
        for field in attrs.fields(type(inner))  # type: ignore[arg-type]
        for value in [getattr(inner, field.name)]
        for length in (value if isinstance(value, tuple) else (value,))
        if isinstance(length, Duration)
    ]


def steps_per_epoch(procedure: Procedure, dataset: Dataset) -> int:
    """Parameter updates in one pass over the training set; 1 where there are no minibatches."""
    batch = getattr(procedure, "batch", None)
    if batch is None:
        return 1
    return -(-dataset.samples // min(int(batch), dataset.samples))


def in_steps(
    train: Table[Procedure], dataset: Table[Dataset], grid: Grid
) -> Table[Procedure | None]:
    """The procedures with every length in steps and `batch: full` as a number of samples; reads
    what `samples` reads when that matters.
    """
    convert = _Converter()
    if not any(convert.needs(value) for value in train.values if value is not None):
        return Table(train.axes, train.values)
    sizes = squeezed(mapped(dataset, lambda value: value.samples), grid)
    return joined((train, sizes), convert, grid)


@attrs.frozen
class _Converter:
    """Equal inputs give the same object, so that later stages compare by identity."""

    memo: dict[tuple[int, int], Procedure] = attrs.field(factory=dict)

    def needs(self, procedure: Procedure) -> bool:
        full = getattr(procedure, "batch", None) == FULL
        return full or any(length.unit == "epochs" for length in durations(procedure))

    def __call__(self, procedure: Procedure, samples: int) -> Procedure:
        batch = getattr(procedure, "batch", samples)
        per_epoch = -(-samples // min(batch, samples))
        key = id(procedure), samples if batch == FULL else -per_epoch
        if key not in self.memo:
            found = _converted(procedure, per_epoch)
            self.memo[key] = attrs.evolve(found, batch=samples) if batch == FULL else found
        return self.memo[key]


def _converted(word: Any, per_epoch: int) -> Any:
    """The word with every length among its arguments in steps."""
    changed: dict[str, Any] = {}
    for field in attrs.fields(type(word)):
        value = getattr(word, field.name)
        if isinstance(value, Duration) and value.unit == "epochs":
            changed[field.name] = Duration(value.steps(per_epoch), "steps")
        elif isinstance(value, tuple) and any(isinstance(each, Duration) for each in value):
            changed[field.name] = tuple(Duration(v.steps(per_epoch), "steps") for v in value)
        elif isinstance(value, Word) and (inner := _converted(value, per_epoch)) is not value:
            changed[field.name] = inner
    return attrs.evolve(word, **changed) if changed else word


def trajectory_of(column: Column | None) -> Trajectory:
    """Where runs are read: the points of the `epochs` or `steps` axis, or the end only."""
    if column is None:
        return Trajectory()
    points = tuple(int(item.number) for item in column.items if item.number is not None)
    return Trajectory("steps" if column.spelling == "steps" else "epochs", points)


# --- checks -----------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Timing:
    """What the checks of training time look at; `train` has lengths as written."""

    column: Column
    train: Table[Procedure]
    dataset: Table[Dataset]
    train_span: Span
    train_node: Node[Any]
    grid: Grid
    kept: Kept
    problems: Problems


def check_times(timing: Timing) -> None:
    """A trajectory needs steps, ends within them, and forbids schedules that look ahead."""
    kept = [
        value
        for index, value in zip(
            timing.grid.points(timing.train.axes), timing.train.values, strict=True
        )
        if value is not None and timing.kept(index)
    ]
    if any("gradient" not in procedure.traits for procedure in kept):
        _no_time(timing)
    elif timing.column.items:
        _check_end(timing)
        _check_schedules(timing, kept)


def _no_time(timing: Timing) -> None:
    name = timing.column.spelling
    timing.problems.report(
        "DD507",
        f"a solved model has no `{name}`",
        Label(timing.column.span, "nothing to read here"),
        also=[label(timing.train_span, "solved in one step")],
        help=["remove the axis, or train by gradient descent"],
    )


def _check_end(timing: Timing) -> None:
    """The last point lies within the shortest training that is kept."""
    last = timing.column.items[-1]
    assert last.number is not None
    unit = timing.column.spelling
    shortest: tuple[int, int, Duration] | None = None
    sizes = squeezed(mapped(timing.dataset, lambda value: value), timing.grid)
    pairs = joined((timing.train, sizes), lambda t, d: (t, d), timing.grid)
    for index, pair in zip(timing.grid.points(pairs.axes), pairs.values, strict=True):
        if pair is None or not timing.kept(index):
            continue
        procedure, dataset = pair
        length = getattr(procedure, "duration", None)
        if not isinstance(length, Duration):
            continue
        per_epoch = steps_per_epoch(procedure, dataset)
        asked = int(last.number) * (per_epoch if unit == "epochs" else 1)
        over = asked - length.steps(per_epoch)
        if over > 0 and (shortest is None or over > shortest[0]):
            shortest = over, per_epoch, length
    if shortest is not None:
        _beyond(timing, shortest[1], shortest[2])


def _beyond(timing: Timing, per_epoch: int, length: Duration) -> None:
    last, unit = timing.column.items[-1], timing.column.spelling
    assert last.number is not None
    same = length.unit == unit
    converted = "" if same else f" ({length.steps(per_epoch):,} steps)"
    beyond = sum(
        1
        for item in timing.column.items
        if item.number is not None
        and item.number * (per_epoch if unit == "epochs" else 1) > length.steps(per_epoch)
    )
    timing.problems.report(
        "DD506",
        f"training ends after {length.count:,} {length.unit}{converted}, "
        f"before {int(last.number):,} {unit}",
        Label(last.span, "never reached"),
        also=[label(timing.train_span, f"trains for {length}")],
        notes=[f"{beyond} of {len(timing.column.items)} points lie beyond the end"],
        help=[f"stay within the training, or train longer: `for: {int(last.number):_} {unit}`"],
    )


def _check_schedules(timing: Timing, kept: list[Procedure]) -> None:
    """A schedule that looks ahead allows one reading only: the end."""
    name = timing.column.spelling
    for procedure in kept:
        ahead = [
            word for word in words_in(procedure) if isinstance(word, Schedule) and word.looks_ahead
        ]
        length = getattr(procedure, "duration", None)
        only_end = (
            len(timing.column.items) == 1
            and isinstance(length, Duration)
            and length.unit == name
            and timing.column.items[0].number == length.count
        )
        if ahead and not only_end:
            _looks_ahead(timing, ahead[0].name())
            return


def _looks_ahead(timing: Timing, schedule: str) -> None:
    column, problems = timing.column, timing.problems
    places = (b.span for b in builds_in(timing.train_node) if b.word.name() == schedule)
    place = next(places, timing.train_span)
    name, count = column.spelling, len(column.items)
    domain = problems.quote(column.domain.value.span)
    problems.report(
        "DD510",
        f"`{name}` cannot be read off one run under `{schedule}`",
        Label(column.span, f"so each of the {decimals.grouped(_number(count))} points would need a "
              "training of its own"),
        also=[label(place, "its shape depends on the total length")],
        help=[
            ("to keep one run, use a schedule that does not look ahead: a plain number, or "
            "`inverse_sqrt(0.1)`"),
            f"if separate trainings are wanted, say so: `{name} in restart({domain})`",
        ],
    )  # fmt: skip


def _number(count: int) -> Any:
    return decimals.read(str(count))
