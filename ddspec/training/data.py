"""Pools of clean samples, each read or drawn once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path

import attrs
import numpy as np

from ddspec.vocabulary.kinds import Dataset
from ddspec.vocabulary.pool import Pool

MEMORY = 1 << 30  # bytes of pools kept: all of MNIST in float32 takes a fifth


@attrs.define(eq=False)
class Pools:
    """The pools of datasets whose files lie in `folder`, kept up to `memory` bytes.

    Called with a dataset and a data seed it gives the pool, with at least as many samples as the
    dataset asks for. The pools used last are kept; one larger than `memory` is kept alone.
    """

    folder: Path | None = None
    memory: int = MEMORY
    _kept: OrderedDict[Hashable, Pool] = attrs.field(factory=OrderedDict, init=False)

    def __call__(self, dataset: Dataset, seed: int) -> Pool:
        """The pool `dataset` selects from. Raises DdspecError when its files are missing."""
        key = (dataset.pool_key(), seed if dataset.seeded else 0)
        pool = self._kept.get(key)
        if pool is None or not _serves(pool, dataset):
            pool = drawn(dataset).pool(seed if dataset.seeded else 0, self.folder)
        self._kept[key] = pool
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(map(size_of, self._kept.values())) > self.memory:
            self._kept.popitem(last=False)
        return pool


def drawn(dataset: Dataset) -> Dataset:
    """The dataset whose pool has the samples that transforms start from."""
    if not dataset.transform:
        return dataset
    return attrs.evolve(dataset, samples=dataset.chosen, transform=())


def size_of(pool: Pool) -> int:
    """Bytes of a pool's arrays."""
    arrays = [*attrs.asdict(pool, recurse=False).values(), *pool.extras.values()]
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))


def _serves(pool: Pool, dataset: Dataset) -> bool:
    """Unlimited pools are drawn as long as asked; longer ones begin with shorter ones."""
    if dataset.capacity is not None:
        return True
    train, validation = len(pool.train_targets), len(pool.validation_targets)
    return train >= dataset.chosen and validation >= dataset.validation
