"""A cell's own samples: which of a pool it trains on, validates on and is tested on."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from ddspec.errors import DdspecError
from ddspec.plan.cell import Cell
from ddspec.training.transformed import Chosen, joined, made_of, plainly, stages, transformed
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Dataset
from ddspec.vocabulary.labels import Labels
from ddspec.vocabulary.pool import Pool


@attrs.frozen(eq=False)
class Part:
    """Samples of one use: rows (n,) of `inputs` (the pool's array, or one made of it) and targets
    (n,), or (n, ...), as used. Rows (n, parts) are joined, one after the other, to one input.

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

    def taken(self, of: slice = slice(None)) -> np.ndarray:
        """The inputs themselves, (n, features), of all or of some samples."""
        return joined(self.inputs, self.rows[of])


@attrs.frozen(eq=False)
class Selection:
    """The samples of one cell, from a pool; training and validation targets carry label noise."""

    train: Part
    validation: Part
    test: Part
    pool: Pool


def select(cell: Cell, pool: Pool) -> Selection:
    """The samples of a cell from its pool.

    Finite pools: a permutation per data seed, of which the first `samples` train and the last
    `validation` validate. Drawn pools: rows as drawn. Label noise acts by place in that order. Then
    the transforms of the dataset act, in their order; what keeps only some samples has acted before
    the first were chosen. Raises DdspecError when the pool is too small.
    """
    data, seed = cell.dataset, cell.seed.data
    _check(data, pool)
    chosen = _chosen(data, pool, seed)
    labels = {use: _labels(pool, use, each.rows, data) for use, each in chosen.items()}
    labels = _noisy(data, _taught(data, pool, chosen, labels), seed)
    inputs = transformed(data, seed, pool, chosen)
    for stage in stages(data, seed, lambda _: np.empty(0)):
        labels = {use: stage.word.relabel(labels[use], stage.around(use)) for use in labels}
    return Selection(**{use: _part(inputs[use], labels[use]) for use in labels}, pool=pool)


def _part(inputs: Chosen, labels: Labels) -> Part:
    assert len(inputs.rows) == len(labels), "a transform changes inputs and labels alike"
    clean = None if labels.clean is labels.targets else labels.clean
    return Part(inputs.inputs, inputs.rows, labels.targets, clean, labels.weights, labels.groups)


# --- which rows -------------------------------------------------------------------------------


def _chosen(data: Dataset, pool: Pool, seed: int) -> dict[str, Chosen]:
    """The rows of each use, before any transform of inputs."""
    key: tuple[object, ...] = ("drawn",)
    held, source = pool.validation_inputs, "validation"
    if data.capacity is None:
        order, validation = np.arange(len(pool.train_targets)), np.arange(data.validation)
    else:
        key = ("subset", seed)
        order = Draws(seed, "subset").generator().permutation(len(pool.train_targets))
        held, source = pool.train_inputs, "train"
        rest = len(order) - data.validation
        order, validation = order[:rest], order[rest:]
    train, keepers = _kept(data, pool, seed, order)
    key_of_train = (*key, data.chosen, keepers, data.validation if keepers else 0)
    return {
        "train": Chosen(pool.train_inputs, train, "train", key_of_train),
        "validation": Chosen(held, validation, source, (*key, "end", data.validation)),
        "test": Chosen(pool.test_inputs, np.arange(data.test), "test", data.test),
    }


def _kept(
    data: Dataset, pool: Pool, seed: int, order: np.ndarray
) -> tuple[np.ndarray, tuple[object, ...]]:
    """The rows that train, of those in order, and the transforms that had a say."""
    keepers = []
    for stage in stages(data, seed, lambda _: np.empty(0)):
        draws = stage.around("train").draws
        kept = stage.word.keeps(_labels(pool, "train", order, data), data.classes, draws)
        if kept is not None:
            keepers.append(stage.word)
            order = order[kept]
    if len(order) < data.chosen:
        raise DdspecError(
            f"{data.name()} has {len(order)} training samples left here, and {data.chosen} are "
            "asked for",
            f"`{keepers[-1].name()}` leaves the others out",
        )
    return order[: data.chosen], tuple(keepers)


def _check(data: Dataset, pool: Pool) -> None:
    shared = data.validation if data.capacity is not None else 0
    for wanted, there, use in (
        (data.chosen + shared, len(pool.train_targets), "training and validation"),
        (data.test, len(pool.test_targets), "test"),
    ):
        if wanted > there:
            raise DdspecError(
                f"{data.name()} has {there} {use} samples here, and {wanted} are asked for",
                "check the files in the data folder",
            )


# --- labels -----------------------------------------------------------------------------------


def _labels(pool: Pool, use: str, rows: np.ndarray, data: Dataset) -> Labels:
    """What the pool knows of some rows beside their inputs."""
    source = "train" if use == "validation" and data.capacity is not None else use
    targets = getattr(pool, f"{source}_targets")[rows]
    weights, groups = (getattr(pool, f"{source}_{name}") for name in ("weights", "groups"))
    return Labels(
        targets,
        targets,
        None if weights is None else weights[rows],
        None if groups is None else groups[rows],
    )


def _taught(
    data: Dataset, pool: Pool, chosen: Mapping[str, Chosen], labels: Mapping[str, Labels]
) -> dict[str, Labels]:
    """Labels whose truth is what the corruption teaches, where it does."""
    word = data.label_noise
    if word is None or data.classes is None or not word.teaches:
        return dict(labels)
    classes, made = data.classes, made_of(pool)
    seen = {
        each.array_key: plainly(data, pool, each.inputs, each.array_key) for each in chosen.values()
    }
    plain = tuple(each for each in data.transform if each.plain)

    def learned() -> np.ndarray:
        predict = word.taught(seen["train"], pool.train_targets, classes)
        return np.concatenate([predict(inputs) for inputs in seen.values()])

    told = made.get(("taught", word, plain, tuple(seen)), learned)
    ends = np.cumsum([len(inputs) for inputs in seen.values()])[:-1]
    answers = dict(zip(seen, np.split(told, ends), strict=True))
    true = {use: answers[each.array_key][each.rows] for use, each in chosen.items()}
    return {
        use: attrs.evolve(each, targets=true[use], clean=true[use]) for use, each in labels.items()
    }


def _noisy(data: Dataset, labels: Mapping[str, Labels], seed: int) -> dict[str, Labels]:
    """Labels with the label noise on those of training and validation."""
    found = dict(labels)
    if data.label_noise is None or data.classes is None:
        return found
    for use, part in (("train", ""), ("validation", "validation ")):
        each = labels[use]
        if len(each):
            draws = Draws(seed, f"{part}label noise")
            noisy = data.label_noise.corrupt(each.targets, data.classes, draws)
            found[use] = attrs.evolve(each, targets=noisy)
    return found
