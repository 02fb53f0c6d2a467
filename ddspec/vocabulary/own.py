"""Arrays of a user's file to a pool: checked against what the spec says of them, and parted."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

import attrs
import numpy as np

from ddspec.errors import DdspecError
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Shape
from ddspec.vocabulary.pool import Pool

Samples = tuple[np.ndarray, np.ndarray]


class Own(Protocol):
    """What a spec says of a file."""

    @classmethod
    def name(cls) -> str:
        """The word."""

    @property
    def test(self) -> int:
        """Samples to test on."""

    @property
    def held_out(self) -> float:
        """The share of the samples that testing is drawn from, without a test file."""

    @property
    def split_seed(self) -> int:
        """The seed of what is drawn."""

    @property
    def plain_shape(self) -> Shape:
        """The shape of one input."""

    @property
    def classes(self) -> int | None:
        """Classes there are, or None for real targets."""

    @property
    def outputs(self) -> int:
        """Classes there are, or real targets of a sample."""


@attrs.frozen(eq=False)
class Table:
    """Samples of a file: inputs (n, ...) and targets (n,) or (n, k), numbers of any type."""

    path: Path
    inputs: np.ndarray
    targets: np.ndarray


def own_pool(word: Own, table: Table, tested: Table | None) -> Pool:
    """The pool of a table, to test on another or on a share of it.

    Samples to test on are drawn by `split_seed`: the first ones of one order, whatever `test` is.
    Raises DdspecError, saying what to write, when a table is not as the spec says.
    """
    inputs, targets = _checked(word, table)
    generator = Draws(word.split_seed, word.name()).generator("test")
    if tested is not None:
        held = _checked(word, tested)
        order = generator.permutation(len(held[1]))[: word.test]
        return _pool((inputs, targets), (held[0][order], held[1][order]))
    order = generator.permutation(len(targets))
    count = round(word.held_out * len(targets))
    if not 0 < count < len(targets):
        raise DdspecError(
            f"{table.path} has {len(targets)} samples: too few to hold {word.held_out:.0%} out",
            "name samples to test on, or write another share with `held_out:`",
        )
    chosen, kept = order[:count][: word.test], np.sort(order[count:])
    return _pool((inputs[kept], targets[kept]), (inputs[chosen], targets[chosen]))


def _pool(train: Samples, test: Samples) -> Pool:
    return Pool(*train, train[0][:0], train[1][:0], *test)


def _checked(word: Own, table: Table) -> Samples:
    inputs, targets, path = table.inputs, table.targets, table.path
    if not len(targets):
        raise DdspecError(f"{path} has no samples", "each is a row of inputs with its target")
    if len(inputs) != len(targets):
        raise DdspecError(
            f"{path} has inputs of {len(inputs):,} samples and targets of {len(targets):,}",
            "both must have a row for each sample",
        )
    flat = inputs.reshape(len(inputs), -1)
    wanted = math.prod(word.plain_shape)
    if flat.shape[1] != wanted:
        raise _misshapen(word, path, inputs.shape[1:], wanted)
    return _finite(path, "input", flat), _targets(word, path, targets)


def _misshapen(word: Own, path: Path, found: Shape, wanted: int) -> DdspecError:
    columns = hasattr(word, "features")
    said = f"features: {math.prod(found)}" if columns else f"shape: [{', '.join(map(str, found))}]"
    return DdspecError(
        f"a sample of {path} has {math.prod(found):,} inputs, the spec says {wanted:,}",
        f"write `{said}`",
    )


def _finite(path: Path, what: str, numbers: np.ndarray) -> np.ndarray:
    if numbers.dtype.kind not in "biuf":
        raise DdspecError(f"the {what}s of {path} are no real numbers but {numbers.dtype}")
    kept = numbers.astype(np.float64 if numbers.dtype.itemsize > 4 else np.float32)  # noqa: PLR2004
    bad = np.argwhere(~np.isfinite(kept))
    if len(bad):
        raise DdspecError(
            f"an {what} of sample {bad[0][0]} of {path} is missing or not finite",
            "fill such values in, or leave their samples out",
        )
    return kept


def _targets(word: Own, path: Path, targets: np.ndarray) -> np.ndarray:
    numbers = _finite(path, "output", targets.reshape(len(targets), -1))
    columns = numbers.shape[1]
    if word.classes is None:
        if columns != word.outputs:
            raise DdspecError(
                f"a sample of {path} has {columns} targets, the spec says {word.outputs}",
                f"write `outputs: {columns}`",
            )
        whole = numbers.astype(np.float64)
        return whole[:, 0] if columns == 1 else whole
    if columns != 1:
        raise DdspecError(f"a sample of {path} has {columns} targets, and a class is one number")
    return _classes(path, numbers[:, 0], word.classes)


def _classes(path: Path, numbers: np.ndarray, count: int) -> np.ndarray:
    found = np.unique(numbers)
    if (found != np.round(found)).any():
        raise DdspecError(
            f"{path} has a class {found[found != np.round(found)][0]:g}: classes are whole numbers",
            f"number the classes 0 to {count - 1}, or leave `classes:` out for real targets",
        )
    if found[0] < 0 or found[-1] >= count:
        more = found[0] >= 0
        raise DdspecError(
            f"{path} has classes from {found[0]:g} to {found[-1]:g}, "
            f"the spec says 0 to {count - 1}",
            f"write `classes: {found[-1] + 1:g}`" if more else "number the classes from 0",
        )
    return numbers.astype(np.int64)
