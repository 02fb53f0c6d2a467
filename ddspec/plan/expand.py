"""Checked experiment to plan: the grid's cells, each once, in a stated order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np

from ddspec.plan.chains import chained
from ddspec.plan.identity import canonical, cell_text, digest
from ddspec.plan.plan import Plan
from ddspec.plan.rungs import shares, shorter
from ddspec.spec.model import Experiment, Table

PARTS = ("dataset", "architecture", "regularizer", "train", "seed")


def expand(experiment: Experiment) -> Plan:
    """The plan of an experiment.

    Cells are numbered by first appearance in the grid, row-major over the axes in spec order.
    Grid points with equal cells (a composition without l2 under every strength of l2) share one.
    The work is done on the parts' tables and on whole index arrays, so that a million cells cost
    little more than a million hashes.
    """
    divided = shares(experiment)
    rungs = tuple(expand_once(shorter(experiment, share)) for share in divided)
    return attrs.evolve(expand_once(experiment), rungs=rungs, shares=divided)


def expand_once(experiment: Experiment) -> Plan:
    """The plan of an experiment for its full training only."""
    coded = [_distinct(getattr(experiment, name), experiment) for name in PARTS]
    kept = _kept(experiment)
    codes = np.stack([np.broadcast_to(c, experiment.shape)[kept] for c, _, _ in coded], axis=-1)
    if codes.size and codes.min() < 0:
        raise ValueError(f"{experiment.name}: a kept point reads an axis that does not exist there")
    rows, inverse = first_appearance(codes, [len(values) for _, values, _ in coded])
    index = np.full(experiment.shape, -1, np.int64)
    index[kept] = inverse
    parts = tuple(values for _, values, _ in coded)
    texts = [texts for _, _, texts in coded]
    if any(getattr(procedure, "chained", False) for procedure in parts[3]):
        return chained(Plan(experiment, index, (), rows, parts), texts)
    return Plan(experiment, index, _ids(rows, texts), rows, parts)


def spread(table: Table[Any], values: np.ndarray, experiment: Experiment) -> np.ndarray:
    """A table's values, row-major over its axes, shaped to broadcast over the whole grid."""
    sizes = [len(a) if a.name in table.axes else 1 for a in experiment.axes]
    return values.reshape(sizes)


def _distinct(
    table: Table[Any], experiment: Experiment
) -> tuple[np.ndarray, tuple[Any, ...], tuple[str, ...]]:
    """Row numbers over the grid, the distinct values, and their canonical texts."""
    rows: dict[str, int] = {}
    values: list[Any] = []
    texts = _memoized(canonical)
    codes = np.empty(len(table.values), np.int32)
    for place, value in enumerate(table.values):
        if value is None:
            codes[place] = -1
            continue
        text = texts(value)
        if text not in rows:
            rows[text] = len(rows)
            values.append(value)
        codes[place] = rows[text]
    return spread(table, codes, experiment), tuple(values), tuple(rows)


def _memoized(function: Callable[[Any], str]) -> Callable[[Any], str]:
    """`function` of words, remembered by identity: tables repeat the same objects."""
    memo: dict[int, str] = {}

    def remembered(value: Any) -> str:
        if id(value) not in memo:
            memo[id(value)] = function(value)
        return memo[id(value)]

    return remembered


def _kept(experiment: Experiment) -> np.ndarray:
    """True at the grid points that no filter rejects."""
    kept = np.ones(experiment.shape, bool)
    for table in experiment.keep:
        values = np.array([bool(value) for value in table.values])
        kept &= spread(table, values, experiment)
    return kept


def first_appearance(codes: np.ndarray, counts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of `codes` in order of appearance, and each row's number among them.

    codes: int (n, k), column j below `counts[j]`. Sorting mixed-radix numbers is ten times as fast
    as sorting rows.
    """
    keys = np.zeros(len(codes), np.int64)
    span = 1
    for column, count in zip(codes.T, counts, strict=True):
        span *= max(count, 1)
        if span >= 2**62:  # compress before the mixed-radix number could overflow
            keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
            span = (int(keys.max()) + 1) * max(count, 1)
        keys = keys * count + column
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return codes[first[order]], rank[inverse.reshape(-1)]


def _ids(rows: np.ndarray, texts: list[tuple[str, ...]]) -> tuple[str, ...]:
    dataset, architecture, regularizer, train, seed = texts
    return tuple(
        digest(cell_text(architecture[a], dataset[d], regularizer[r], seed[s], train[t]))
        for d, a, r, t, s in rows.tolist()
    )
