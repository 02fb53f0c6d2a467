"""The kinds of words and what a word of each kind can be asked; importing this loads no torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import attrs

from ddspec.vocabulary.measure import Measure
from ddspec.vocabulary.schema import Duration, integer, word_of
from ddspec.vocabulary.word import REGISTRY, Word, word

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.pool import Pool
    from ddspec.vocabulary.seen import Examples, Network, Taken, Tensors
    from ddspec.vocabulary.watch import Watch

Shape = tuple[int, ...]


class Corruption(Word):
    """A change of training labels. `share` of the labels are drawn anew."""

    kind = "corruption"

    def corrupt(self, labels: np.ndarray, classes: int, draws: Draws) -> np.ndarray:
        """The labels, (samples,) int64 in seed order, after corruption.

        A label's fate depends on its place in the seed's order only, so that the first n labels
        come out the same for every n.
        """
        raise NotImplementedError


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

    @property
    def plain_shape(self) -> Shape:
        """The shape of one input in the pool, channels first; its numbers lie flat in its row."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        """The shape of one input as a network sees it."""
        return self.plain_shape

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
        """Whether samples count differently: then the pool holds weights."""
        return False

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


class Architecture(Word):
    """A parametrized function from inputs to outputs."""

    kind = "architecture"
    # of: hidden_units, linear_in_parameters, normalized (batch normalization is part of it)
    traits: ClassVar[frozenset[str]] = frozenset()
    random: ClassVar[bool] = True  # False: nothing is drawn even before training (linear, solved)
    least_shape: ClassVar[Shape] = ()  # of samples it can take: (channels, height, width), ...
    reads: ClassVar[str] = "numbers"  # what it is made for, see `Dataset.reads`

    @property
    def least_inputs(self) -> int:
        """Inputs that the dataset must have at least."""
        return 1

    def unfit(self, shape: Shape) -> str:
        """Why it cannot be built for samples of a shape; empty when it can."""
        return ""

    @property
    def nests(self) -> str | None:
        """The field, a number from 1, along which trained features nest: those of a smaller network
        are the first of a larger one's, with the same draws and no trained bias; None without one.
        """
        return None

    def together(self, device: str) -> int | None:
        """How many models of it train fastest at once, as measured, on a `device`, `cpu` or `cuda`;
        None: as many as their weights leave room for.
        """
        return None

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        """The number of trained parameters, under the given composition.

        shape: of one sample, as its dataset says. outputs: numbers the network puts out.
        """
        raise NotImplementedError

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        """The multiplications of a forward pass of one sample: one a parameter unless said."""
        return self.parameters(shape, outputs, terms)

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        """The network with the layers the composition adds; its weights are not yet drawn.

        It maps (rows, inputs), samples laid flat whatever their shape, to (rows, outputs).
        """
        raise NotImplementedError

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        """Draw every weight of a built network in place, each from its own stream."""
        raise NotImplementedError

    def attach(self, module: nn.Module, pool: Pool) -> None:
        """Fill buffers of a network that knows more of the data than its samples, in place."""


class Regularizer(Word):
    """A term of a composition.

    `acts` is the trait the research question turns on. `scaled` names the field that a factor
    multiplies (penalties only); `strength_field` names the field that is its coordinate.
    `separable` penalties are sums over single weights: one vector of all weights may be given.
    """

    kind = "regularizer"
    acts: ClassVar[Literal["model-dependent", "data-dependent", "trajectory"]]
    scaled: ClassVar[str | None] = None
    strength_field: ClassVar[str | None] = None
    separable: ClassVar[bool] = False
    excludes: ClassVar[frozenset[str]] = frozenset()  # traits of networks it cannot be added to

    @property
    def needs_here(self) -> frozenset[str]:
        """Traits the architecture or the procedure must have for the term to act."""
        return frozenset()

    @property
    def place(self) -> str:
        """Where the term acts; a composition holds a word once at each place."""
        return str(getattr(self, "at", "weights"))

    # What follows are functions of one model's tensors, fit for vmap; a term overrides those it
    # needs. Of several terms that override one the lower `rank` acts first.
    rank: ClassVar[int] = 0

    def penalty(self, weights: list[Tensor]) -> Tensor | None:
        """The term added to the mean training loss, or None for a term that is no penalty."""
        return None

    def start(self, weights: Tensors) -> Tensors:
        """What the term keeps of a model beside its weights, before the first step."""
        return {}

    def alter(self, seen: Examples, network: Network) -> Examples:
        """The minibatch that is trained on, in place of the one drawn."""
        return seen

    def objective(self, mean: Tensor, seen: Examples, network: Network, outputs: Tensor) -> Tensor:
        """What is minimized, in place of the mean training loss; `outputs` are those of `seen`."""
        return mean

    def slope(self, at: Callable[[Tensor], Tensor], weights: Tensor, key: Tensor) -> Tensor:
        """The gradient, (parameters,), that is followed in place of `at(weights)`, the objective's
        with all penalties; `at` may be asked at several weights.
        """
        return at(weights)

    def settle(self, taken: Taken) -> tuple[Tensors, Tensors]:
        """Weights, and what the term keeps, after a step of the optimizer."""
        return taken.after, taken.held

    def shown(self, weights: Tensors, buffers: Tensors, held: Tensors) -> tuple[Tensors, Tensors]:
        """Weights and buffers as they are read, in place of those that train on."""
        return weights, buffers

    def watch(self) -> Watch | None:
        """What decides at times which weights are kept and when training ends; None: nothing."""
        return None


class Schedule(Word):
    """A learning rate, or another number of an optimizer, over time."""

    kind = "schedule"

    @property
    def looks_ahead(self) -> bool:
        """Whether the value at a step depends on the total length."""
        return False

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        """The rate, float64, at each of the int64 `steps` (0 is the first) of `total`."""
        raise NotImplementedError


class Optimizer(Word):
    """A rule that turns gradients into updates; every optimizer has an `lr` schedule.

    needs: traits the architecture must have; `bare`: its network as it is, no layers added by the
    composition. full_batch: it is defined for the whole training set at every step.
    """

    kind = "optimizer"
    needs: ClassVar[frozenset[str]] = frozenset()
    full_batch: ClassVar[bool] = False
    lr: Any

    @property
    def separable(self) -> bool:
        """Whether it updates every weight by itself: one vector of all weights may be given."""
        return False

    @property
    def paces(self) -> dict[str, Schedule]:
        """Schedules of fields beside `lr`, by field: in `step` the field is the step's value."""
        return {}

    def start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """The state before the first step, keyed so that it stacks like the weights."""
        raise NotImplementedError

    def step(
        self,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        state: dict[str, Tensor],
        rate: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """New weights and state of one model (a function of tensors, fit for vmap)."""
        raise NotImplementedError


class Loss(Word):
    """A loss of outputs against targets."""

    kind = "loss"
    needs_classes: ClassVar[bool] = False

    @property
    def per_class(self) -> dict[str, tuple[float, ...]]:
        """Its arguments that have one number a class, by name, where they are given."""
        return {}

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each sample, (n,), from outputs (n, k) and targets: (n,) classes or reals;
        (n, k) reals, distributions over classes where the loss is for classes; or (n, length)
        int64, a class a token and -1 where there is none: then the mean over the tokens there are,
        of outputs that are (length, classes) laid flat.
        """
        raise NotImplementedError


class Procedure(Word):
    """How the weights are found; the kind a `train` setting takes."""

    kind = "train"
    traits: ClassVar[frozenset[str]] = frozenset()  # of: gradient, closed_form
    streams: ClassVar[frozenset[str]]  # which of data, init, order it reads


class Report(Word):
    """A finding computed from the finished dataset."""

    kind = "report"


__all__ = [
    "REGISTRY",
    "Architecture",
    "Corruption",
    "Dataset",
    "Duration",
    "Loss",
    "Measure",
    "Optimizer",
    "Procedure",
    "Regularizer",
    "Report",
    "Schedule",
    "Shape",
    "Word",
    "word",
]
