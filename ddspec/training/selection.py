"""A cell's own samples: which of a pool it trains on, validates on and is tested on."""

from __future__ import annotations

import attrs
import numpy as np

from ddspec.errors import DdspecError
from ddspec.plan.cell import Cell
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Dataset
from ddspec.vocabulary.pool import Pool


@attrs.frozen(eq=False)
class Part:
    """Samples of one use: rows (n,) of `inputs` (the pool's array) and targets (n,) as used.

    clean: targets before label noise; None: the same. weights, float64, and groups, int64: (n,)
    each; None: one, and all of one group.
    """

    inputs: np.ndarray
    rows: np.ndarray
    targets: np.ndarray
    clean: np.ndarray | None = None
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def taken(self) -> np.ndarray:
        """The inputs themselves, (n, features)."""
        return np.asarray(self.inputs[self.rows])


@attrs.frozen(eq=False)
class Selection:
    """The samples of one cell; training and validation targets carry the label noise.

    pool: what they are of; None where only samples are known.
    """

    train: Part
    validation: Part
    test: Part
    pool: Pool | None = None


def select(cell: Cell, pool: Pool) -> Selection:
    """The samples of a cell from its pool.

    Finite pools: a permutation per data seed, of which the first `samples` train and the last
    `validation` validate. Drawn pools: rows as drawn. Label noise acts by place in that order.
    Raises DdspecError when the pool is too small.
    """
    data, seed = cell.dataset, cell.seed.data
    held = pool.validation_inputs, pool.validation_targets
    if data.capacity is None:
        train, validation = np.arange(data.samples), np.arange(data.validation)
    else:
        order = Draws(seed, "subset").generator().permutation(len(pool.train_targets))
        train, validation = order[: data.samples], order[len(order) - data.validation :]
        held = pool.train_inputs, pool.train_targets
    _check(data, pool)
    test = np.arange(data.test)
    return Selection(
        Part(pool.train_inputs, train, _noisy(data, pool.train_targets[train], seed, "")),
        Part(held[0], validation, _noisy(data, held[1][validation], seed, "validation ")),
        Part(pool.test_inputs, test, pool.test_targets[test]),
        pool,
    )


def _noisy(data: Dataset, targets: np.ndarray, seed: int, part: str) -> np.ndarray:
    if data.label_noise is None or data.classes is None or not len(targets):
        return targets
    return data.label_noise.corrupt(targets, data.classes, Draws(seed, f"{part}label noise"))


def _check(data: Dataset, pool: Pool) -> None:
    shared = data.validation if data.capacity is not None else 0
    for wanted, there, use in (
        (data.samples + shared, len(pool.train_targets), "training and validation"),
        (data.test, len(pool.test_targets), "test"),
    ):
        if wanted > there:
            raise DdspecError(
                f"{data.name()} has {there} {use} samples here, and {wanted} are asked for",
                "check the files in the data folder",
            )
