"""What words are shown of one model in training and at a reading; importing this loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import attrs

from ddspec.vocabulary.word import Word

if TYPE_CHECKING:
    from torch import Tensor

    Tensors = dict[str, Tensor]


@attrs.frozen(eq=False)
class Examples:
    """One model's minibatch in training.

    inputs (rows, d), samples laid flat; targets (rows,) int64 classes or reals, or (rows, ...): a
    distribution over classes (rows, classes), several reals, or a class a token, -1 where there is
    none. weights (rows,): what each row counts, 0 for the padding of a short minibatch. key ()
    int64: of the step's random numbers, see `ddspec.vocabulary.counters`. shape: of one sample.
    classes: None for regression.
    """

    inputs: Tensor
    targets: Tensor
    weights: Tensor
    key: Tensor
    shape: tuple[int, ...]
    classes: int | None


@attrs.frozen(eq=False)
class Network:
    """One model in a step of training, differentiable in its weights.

    weights: by name. held: what the word that is asked keeps beside them. loss: (outputs, targets)
    to the loss of each row, (rows,). passed: (weights, inputs) to outputs, in training, with the
    step's own dropout; what the pass does to running averages is forgotten.
    """

    weights: Mapping[str, Tensor]
    held: Mapping[str, Tensor]
    loss: Callable[[Tensor, Tensor], Tensor]
    passed: Callable[[Mapping[str, Tensor], Tensor], Tensor]

    def __call__(self, inputs: Tensor) -> Tensor:
        """The outputs, (rows, outputs), of inputs (rows, d)."""
        return self.passed(self.weights, inputs)


@attrs.frozen(eq=False)
class Taken:
    """One model's step as the optimizer took it.

    before, after: weights, by name or, for a `separable` word, as one vector under "". buffers: by
    name. held: what the word that is asked keeps. rate: the learning rate, ().
    """

    before: Tensors
    after: Tensors
    buffers: Tensors
    held: Tensors
    rate: Tensor


class Through(Protocol):
    """A pass that shows what enters the affine and convolutional layers, and can change it."""

    def __call__(
        self, weights: Mapping[str, Tensor], inputs: Tensor, shifts: Mapping[str, Tensor], /
    ) -> tuple[Tensor, Tensors]:
        """The outputs, and what entered each layer, (n, ...), by name in the order in which they
        act: of inputs (n, d), with `shifts`, by name of a layer, added to what enters it.
        """


@attrs.frozen(eq=False)
class Observed:
    """One model at a reading, in evaluation, and samples to look at it with.

    weights, first: by name, now and before training. passed: (weights, inputs) to outputs.
    inputs (n, d); targets (n,) or (n, ...) as trained on; clean: targets before label noise; groups
    (n,) int64, zeros without groups; weights of samples `counts` (n,). loss: (outputs, targets) to
    (n,). key () int64. classes: None for regression. architecture, terms: the words of the network.
    logits: whether the loss is over classes. sorts: how many groups there may be.
    """

    weights: Mapping[str, Tensor]
    first: Mapping[str, Tensor]
    passed: Callable[[Mapping[str, Tensor], Tensor], Tensor]
    inputs: Tensor
    targets: Tensor
    clean: Tensor
    groups: Tensor
    counts: Tensor
    loss: Callable[[Tensor, Tensor], Tensor]
    key: Tensor
    classes: int | None
    architecture: Word
    terms: tuple[Word, ...]
    logits: bool = False
    sorts: int = 1
    through: Through | None = None

    def __call__(self, inputs: Tensor) -> Tensor:
        """The outputs, (n, outputs), of inputs (n, d)."""
        return self.passed(self.weights, inputs)
