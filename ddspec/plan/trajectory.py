"""What a cell trains as, whatever the length of its training: the key of its checkpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from ddspec.plan.cell import Cell
from ddspec.plan.identity import canonical, cell_text, started
from ddspec.plan.origins import mark_of, words_of
from ddspec.vocabulary.kinds import Measure
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.schema import Duration

PREFIX = b"ddspec-trajectory-1\0"
ENDLESS = Duration(1, "steps")


def trajectory(cell: Cell) -> str:
    """The key of the trajectory of a cell that trains by gradient descent, 64 hex digits: of cells
    that differ in nothing but their length, the same.

    Whether the shorter one is the beginning of the longer one is for their schedules to say.
    """
    return next(trajectories([cell]))[1]


def trajectories(cells: Iterable[Cell]) -> Iterator[tuple[Cell, str]]:
    """Cells that train by gradient descent, each with its key; what they share is written once."""
    written: dict[tuple[int, Any], tuple[Any, str]] = {}  # the part too: its id stays its own

    def text(part: Any, write: Callable[[Any], str] = canonical) -> str:
        key = id(part), write
        if key not in written:
            written[key] = part, write(part)
        return written[key][1]

    for cell in cells:
        if isinstance(cell.train, GradientDescent):
            shared = (cell.architecture, cell.dataset, cell.regularizer, cell.seed)
            before = None if cell.before is None else cell.before.id
            drawn = text(cell.train, _drawn) if before is None else _train(cell.train, before)
            architecture, dataset, terms, seed = map(text, shared)
            whole = cell_text(architecture, dataset, terms, seed, drawn)
            sources = "".join(text(part, _sources) for part in (*shared[:3], cell.train))
            brief = cell.train.brief(cell.dataset.samples)  # such steps are taken otherwise
            key = f"{whole}{sources}{'brief' if brief else ''}".encode("ascii")
            yield cell, hashlib.sha256(PREFIX + key).hexdigest()


def recorded_as(measures: Mapping[str, Measure]) -> dict[str, str]:
    """Measures by key, each with what its readings come from: with the source of a user's own."""
    return {key: _named(key, type(measure)) for key, measure in measures.items()}


def _named(key: str, measure: type[Measure]) -> str:
    source = mark_of(measure).source
    return f"{key}:{source}" if source else key


def _sources(part: Any) -> str:
    """The fingerprints of a user's own words in a part of a cell, sorted."""
    marks = sorted({mark_of(word) for word in words_of(part)})
    return " ".join(str(mark) for mark in marks if mark.source)


def _drawn(train: GradientDescent) -> str:
    return _train(train, None)


def _train(train: Any, before: str | None) -> str:
    return started(attrs.evolve(train, duration=ENDLESS), before)
