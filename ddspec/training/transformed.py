"""Inputs of a cell's samples after its dataset's transforms; equal ones are made once a pool."""

from __future__ import annotations

import functools
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from weakref import WeakKeyDictionary

import attrs
import numpy as np

from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Dataset, Shape, Transform
from ddspec.vocabulary.labels import Around
from ddspec.vocabulary.pool import Pool

MEMORY = 1 << 30  # bytes of made arrays kept for a pool; those in use live on without


@attrs.frozen(eq=False)
class Chosen:
    """The inputs of samples of one use: rows (n,) of an array, or (n, parts) that are joined.

    array_key, rows_key: what they depend on beside the pool; equal keys, equal values.
    """

    inputs: np.ndarray
    rows: np.ndarray
    array_key: Hashable
    rows_key: Hashable

    def taken(self) -> np.ndarray:
        """The inputs themselves, (n, features)."""
        return joined(self.inputs, self.rows)


def joined(inputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The inputs of rows (n,), or of rows (n, parts), those of a sample one after the other."""
    size = math.prod(rows.shape[1:]) * inputs.shape[1]
    return np.asarray(inputs[rows].reshape(len(rows), size))


@attrs.define(eq=False)
class Made:
    """Arrays that were made of a pool, the ones used last, up to `memory` bytes."""

    memory: int = MEMORY
    _kept: OrderedDict[Hashable, np.ndarray] = attrs.field(factory=OrderedDict, init=False)

    def get(self, key: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of a key, made when it is not there."""
        array = self._kept.get(key)
        if array is None:
            array = make()
        self._kept[key] = array
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(a.nbytes for a in self._kept.values()) > self.memory:
            self._kept.popitem(last=False)
        return array


_MADE: WeakKeyDictionary[Pool, Made] = WeakKeyDictionary()


def made_of(pool: Pool) -> Made:
    """What was made of a pool; it goes when the pool goes."""
    return _MADE.setdefault(pool, Made())


@attrs.frozen(eq=False)
class Stage:
    """A transform of a dataset with what it is given, for samples of any use."""

    word: Transform
    around: Callable[[str], Around]


def stages(data: Dataset, seed: int, trained: Callable[[int], np.ndarray]) -> Iterator[Stage]:
    """The transforms of a dataset in order.

    trained: gives the inputs of the training samples before the transform of that number.
    """
    shape, seen = data.plain_shape, dict[str, int]()
    after = [data.samples]
    for word in reversed(data.transform):
        after.insert(0, word.takes(after[0]))
    for number, word in enumerate(data.transform):
        again = seen[word.name()] = seen.get(word.name(), -1) + 1
        draws = Draws(seed, f"transform {word.name()} {again}")
        yield Stage(word, functools.partial(_around, (after[number + 1], shape, data.classes),
                                            draws, functools.partial(trained, number)))  # fmt: skip
        shape = word.reshaped(shape)


def _around(
    known: tuple[int, Shape, int | None],
    draws: Draws,
    trained: Callable[[], np.ndarray],
    use: str,
) -> Around:
    return Around(use, *known, draws, trained)


def transformed(
    data: Dataset, seed: int, pool: Pool, chosen: Mapping[str, Chosen]
) -> dict[str, Chosen]:
    """The inputs of samples, by use, after the transforms of their dataset."""
    made = made_of(pool)
    steps: list[dict[str, Chosen]] = [dict(chosen)]
    for stage in stages(data, seed, lambda number: steps[number]["train"].taken()):
        before = steps[-1]
        train = before["train"]
        steps.append(
            {
                use: _changed(stage, use, here, (seed, train.array_key, train.rows_key), made)
                if use in stage.word.where
                else here
                for use, here in before.items()
            }
        )
    return _alike(steps[-1], made)


def _alike(chosen: dict[str, Chosen], made: Made) -> dict[str, Chosen]:
    """The same inputs in arrays as wide as one another: all are joined where some are."""
    if len({each.inputs.shape[1] for each in chosen.values()}) == 1:
        return chosen
    return {use: _whole(each, made) if each.rows.ndim > 1 else each for use, each in chosen.items()}


def _whole(chosen: Chosen, made: Made) -> Chosen:
    key = ("joined", chosen.array_key, chosen.rows_key)
    array = made.get(key, chosen.taken)
    return Chosen(array, np.arange(len(array)), key, "all")


def _changed(
    stage: Stage, use: str, here: Chosen, trained: tuple[int, Hashable, Hashable], made: Made
) -> Chosen:
    """Samples after one transform; a plain one changes a whole array, which all cells share."""
    word, around = stage.word, stage.around(use)
    key: Hashable = (here.array_key, word)
    if word.plain:
        array = made.get(key, lambda: word.change(here.inputs, around))
        return attrs.evolve(here, inputs=array, array_key=key)
    seeds = (around.draws,) if word.draws else ()
    fitted = trained if word.fitted else ()
    parts = word.joins(len(here.rows), around)
    if parts is not None:
        width = math.prod((*parts.shape[1:], *here.rows.shape[1:]))
        rows = here.rows[parts].reshape(len(parts), width)
        return attrs.evolve(here, rows=rows, rows_key=(here.rows_key, word, len(parts)))
    key = (use, here.array_key, here.rows_key, word, seeds, fitted)
    array = made.get(key, lambda: word.change(here.taken(), around))
    return Chosen(array, np.arange(len(array)), key, "all")


def plainly(data: Dataset, pool: Pool, inputs: np.ndarray, key: Hashable) -> np.ndarray:
    """Inputs of a pool after those transforms of a dataset, up to the first other, that are plain.

    key: tells the pool's arrays apart, as in `Chosen`.
    """
    made = made_of(pool)
    for stage in stages(data, 0, lambda _: np.empty(0)):
        if not stage.word.plain:
            break
        key = (key, stage.word)
        change = functools.partial(stage.word.change, inputs, stage.around("train"))
        inputs = made.get(key, change)
    return inputs
