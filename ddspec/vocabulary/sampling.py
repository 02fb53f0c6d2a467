"""The kinds of words that make samples: datasets, corruptions of labels, transforms.

Importing this loads no torch; `ddspec.vocabulary.kinds` has these kinds among the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from ddspec.vocabulary.schema import integer, word_of, words_of
from ddspec.vocabulary.word import Word

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.labels import Around, Labels
    from ddspec.vocabulary.pool import Pool

Shape = tuple[int, ...]


class Corruption(Word):
    """A change of training labels. `share` of the labels are drawn anew."""

    kind = "corruption"
    teaches: ClassVar[bool] = False  # True: true labels, too, are those of `taught`, in every use

    @property
    def random_labels(self) -> bool:
        """Whether all labels come out uniform over the classes, each by itself, whatever the
        inputs.
        """
        return False

    def refuses(self, dataset: Dataset) -> str:
        """Why it cannot act on the labels of a dataset with classes; empty when it can."""
        return ""

    def taught(
        self, inputs: np.ndarray, labels: np.ndarray, classes: int
    ) -> Callable[[np.ndarray], np.ndarray]:
        """What gives the true labels, (n,), of inputs (n, d), from a pool's inputs and labels."""
        raise NotImplementedError

    def corrupt(self, labels: np.ndarray, classes: int, draws: Draws) -> np.ndarray:
        """The labels, (samples,) int64 in seed order, after corruption.

        Where a word does not say otherwise, a label's fate depends on its place in the seed's order
        only, so that the first n labels come out the same for every n.
        """
        raise NotImplementedError


class Transform(Word):
    """A change of samples before training: of their inputs, of which they are, or what they count.

    `where`: the uses whose inputs it changes. A `plain` one changes each input by itself, the same
    for every seed and use. `draws`: it draws numbers from seed.data; `fitted`: it goes by the
    training samples; `weighs`: samples have weights afterwards; `mixes`: targets that are classes
    are distributions over them afterwards.
    """

    kind = "transform"
    plain: ClassVar[bool] = False
    draws: ClassVar[bool] = False
    fitted: ClassVar[bool] = False
    weighs: ClassVar[bool] = False
    mixes: ClassVar[bool] = False

    @property
    def where(self) -> tuple[str, ...]:
        """Of `train`, `validation` and `test`, those whose inputs it changes."""
        return ("train", "validation", "test")

    def refuses(self, dataset: Dataset, shape: Shape) -> str:
        """Why it cannot act on inputs of a shape from a dataset; empty when it can."""
        return ""

    def takes(self, samples: int) -> int:
        """The training samples that it makes so many of."""
        return samples

    def reshaped(self, shape: Shape) -> Shape:
        """The shape of one input afterwards."""
        return shape

    def keeps(self, labels: Labels, classes: int | None, draws: Draws) -> np.ndarray | None:
        """Which of the samples that training may choose from it chooses from, (n,) bool, from true
        labels in the seed's order; a sample's fate depends on the ones before it only. None: all.
        """
        return None

    def joins(self, samples: int, around: Around) -> np.ndarray | None:
        """Which of so many samples of one use each new one is made of, (n, parts), their inputs
        joined one after the other; None: it is one of them, changed by `change`.
        """
        return None

    def change(self, inputs: np.ndarray, around: Around) -> np.ndarray:
        """The inputs of samples of one use, (n, d), after the change, in the same precision."""
        return inputs

    def relabel(self, labels: Labels, around: Around) -> Labels:
        """What is known beside the inputs of samples of one use, after the change."""
        return labels


@attrs.frozen(kw_only=True, slots=False)
class Dataset(Word):
    """Training, validation and test samples.

    Training samples are the first `samples` of the seed's order of the pool, so that smaller
    training sets are nested in larger ones; `validation` samples come from the same source as
    training samples, label noise included; `test` samples are never corrupted.
    """

    kind = "dataset"
    seeded: ClassVar[bool] = False  # True: the pool itself is drawn anew for every seed.data

    samples: int = integer("training samples", at_least=1, unit="samples")
    test: int = integer("test samples", default=10_000, at_least=1, unit="samples")
    validation: int = integer(
        "samples held out of training, to select on", default=0, at_least=0, unit="samples"
    )
    label_noise: Corruption | None = word_of(
        "corruption",
        "share of training labels drawn anew; a bare share is `uniform(share)`",
        default=None,
        lift="uniform",
    )
    transform: tuple[Transform, ...] = words_of(
        "transform", "changes of inputs and samples, the first one first", default=()
    )

    @property
    def plain_shape(self) -> Shape:
        """The shape of one input in the pool, channels first; its numbers lie flat in its row."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        """The shape of one input as a network sees it."""
        shape = self.plain_shape
        for each in self.transform:
            shape = each.reshaped(shape)
        return shape

    @property
    def chosen(self) -> int:
        """The samples of the pool that training takes; transforms may make more or fewer of them
        until there are `samples`.
        """
        count = self.samples
        for each in reversed(self.transform):
            count = each.takes(count)
        return count

    @property
    def inputs(self) -> int:
        """Numbers in one input as a network sees it."""
        return math.prod(self.shape)

    @property
    def classes(self) -> int | None:
        """Number of classes, or None for regression."""
        raise NotImplementedError

    @property
    def outputs(self) -> int:
        """Numbers a network must put out: one a class, one a real target, one a class and token."""
        return self.classes or 1

    @property
    def groups(self) -> int | None:
        """Number of groups that samples belong to, beside classes; None without."""
        return None

    @property
    def tokens(self) -> bool:
        """Whether inputs are whole numbers that stand for tokens: kept in float32 at least, and
        targets are a class a token, (samples, length), -1 where there is none.
        """
        return False

    @property
    def reads(self) -> str:
        """What a network must be made for: `numbers`, `tokens`, or nodes of a `graph`."""
        return "tokens" if self.tokens else "numbers"

    @property
    def weighted(self) -> bool:
        """Whether samples count differently: then the pool holds weights, or a transform does."""
        return any(each.weighs for each in self.transform)

    @property
    def random_labels(self) -> bool:
        """Whether training labels are uniform over the classes, each by itself, whatever the
        inputs, and count alike.
        """
        if self.label_noise is None or self.weighted or any(each.mixes for each in self.transform):
            return False
        return self.label_noise.random_labels

    @property
    def native(self) -> bool:
        """The kernel takes a class or a real number a sample, and samples that count alike."""
        mixed = any(each.mixes for each in self.transform)
        several = self.classes is None and self.outputs > 1
        return not (mixed or several or self.weighted or self.tokens)

    @property
    def capacity(self) -> int | None:
        """Samples that training and validation can share; None when any number can be drawn."""
        return None

    @property
    def test_capacity(self) -> int | None:
        """Test samples there are; None when any number can be drawn."""
        return None

    def pool(self, seed: int, folder: Path | None) -> Pool:
        """The clean samples this dataset selects from; `seed` matters only when `seeded`.

        Raises DdspecError, saying what to put where, when files are missing from `folder`.
        """
        raise NotImplementedError

    def pool_key(self) -> tuple[Any, ...]:
        """What the pool depends on besides the seed: two equal keys share one pool."""
        own = [a.name for a in attrs.fields(type(self)) if not a.inherited]
        return (self.name(), self.test, *(getattr(self, name) for name in own))

    def inputs_key(self) -> tuple[Any, ...]:
        """What the inputs depend on besides the seed: with equal keys they are the same."""
        return (self.pool_key(), self.samples, self.validation, self.transform)
