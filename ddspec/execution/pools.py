"""Datasets to pools: what all workers share is read once, the rest is drawn where it is used."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path

import attrs

from ddspec.plan.batch import Batch
from ddspec.training.data import Pools
from ddspec.vocabulary.kinds import Dataset
from ddspec.vocabulary.pool import Pool


def load_shared(batches: Iterable[Batch], folder: Path | None) -> dict[Hashable, Pool]:
    """The pools that no seed changes, by `pool_key`, each read once.

    Raises DdspecError, saying what to put where, when files are missing from `folder`.
    """
    datasets = {cell.dataset for batch in batches for cell in batch.cells}
    shared: dict[Hashable, Pool] = {}
    for dataset in datasets:
        if _is_shared(dataset) and dataset.pool_key() not in shared:
            shared[dataset.pool_key()] = dataset.pool(0, folder)
    return shared


@attrs.define(eq=False)
class Shelf:
    """The pools of one worker: shared ones are fetched at their first use, others are drawn.

    fetch: gives a shared pool by its key; drawn: gives any other.
    """

    keys: frozenset[Hashable]
    fetch: Callable[[Hashable], Pool]
    drawn: Pools
    _fetched: dict[Hashable, Pool] = attrs.field(factory=dict, init=False)

    def __call__(self, dataset: Dataset, seed: int) -> Pool:
        """The pool `dataset` selects from under a data seed."""
        key = dataset.pool_key()
        if not _is_shared(dataset) or key not in self.keys:
            return self.drawn(dataset, seed)
        if key not in self._fetched:
            self._fetched[key] = self.fetch(key)
        return self._fetched[key]


def shelf(shared: Mapping[Hashable, Pool], folder: Path | None) -> Shelf:
    """The pools of a worker in the process that has read the shared ones."""
    return Shelf(frozenset(shared), shared.__getitem__, Pools(folder))


def _is_shared(dataset: Dataset) -> bool:
    return not dataset.seeded and dataset.capacity is not None
