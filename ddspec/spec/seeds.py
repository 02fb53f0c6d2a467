"""Seeds: which random streams a cell reads, and the seed of each."""

from __future__ import annotations

from typing import Any

from ddspec.spec.axis_checks import SEEDS
from ddspec.spec.model import Seed, Table
from ddspec.spec.scope import Column, Draft
from ddspec.spec.tables import Grid, joined, squeezed
from ddspec.vocabulary.kinds import Architecture, Procedure

Streams = frozenset[str]


def streams_table(
    train: Table[Procedure], architecture: Table[Architecture], grid: Grid
) -> Table[Streams | None]:
    """The streams read, as a function of the axes that change them."""
    kinds = squeezed(Table(train.axes, tuple(map(_procedure_kind, train.values))), grid)
    random = squeezed(Table(architecture.axes, tuple(map(_random, architecture.values))), grid)
    return squeezed(joined((kinds, random), _streams, grid), grid)


def _procedure_kind(procedure: Procedure | None) -> tuple[Streams, bool] | None:
    if procedure is None:
        return None
    return procedure.streams, "gradient" not in procedure.traits


def _random(architecture: Architecture | None) -> bool | None:
    return None if architecture is None else architecture.random


def _streams(kind: tuple[Streams, bool], random: Any) -> Streams:
    streams, solved = kind
    # A solved or fitted model that draws no weights has no use for `init`.
    return streams - {"init"} if solved and not random else streams


def seed_table(draft: Draft, streams: Table[Streams | None], grid: Grid) -> Table[Seed | None]:
    """The seeds of cells; a stream a cell does not read has seed 0, so that equal cells are one."""
    columns = {name: c for name, c in draft.columns.items() if name in SEEDS and c.items}
    reads = {column.dimension for column in columns.values()} | set(streams.axes)
    axes = grid.ordered(reads)
    memo: dict[Seed, Seed] = {}
    values: list[Seed | None] = []
    for index in grid.points(axes):
        read = grid.at(streams, index)
        seed = None if read is None else _seed(columns, read, index)
        values.append(seed if seed is None else memo.setdefault(seed, seed))
    return Table(axes, tuple(values))


def _seed(columns: dict[str, Column], read: Streams, index: dict[str, int]) -> Seed | None:
    found = {}
    for name, column in columns.items():
        level = index[column.dimension]
        if level >= len(column.items):
            return None
        number = column.items[level].number
        for stream in SEEDS[name]:
            if stream in read and number is not None:
                found[stream] = int(number)
    return Seed(**found)
