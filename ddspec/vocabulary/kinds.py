"""The kinds of words and what a word of each kind can be asked; importing this loads no torch."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, dataclass_transform

import attrs

from ddspec.vocabulary import schema
from ddspec.vocabulary.schema import Duration, Parameter, integer, word_of

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.pool import Pool

T = TypeVar("T", bound="Word")
Shape = tuple[int, ...]
REGISTRY: dict[tuple[str, str], type[Word]] = {}


@dataclass_transform(
    frozen_default=True,
    kw_only_default=True,
    field_specifiers=(
        schema.number,
        schema.integer,
        schema.integers,
        schema.choice,
        schema.flag,
        schema.duration,
        schema.word_of,
        schema.text,
    ),
)
def word(cls: type[T]) -> type[T]:
    """Make a class a word: a frozen attrs value, registered under its kind and its name."""
    made = attrs.frozen(cls, kw_only=True, slots=False)
    REGISTRY[made.kind, made.name()] = made
    return made


class Word:
    """A value of the vocabulary. Its attrs fields are its arguments, its docstring its help.

    `version` is the version of the word's meaning; it enters the cell id.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1

    @property
    def native(self) -> bool:
        """Whether the package's own step for dense networks, written in C, knows the word."""
        return False

    @classmethod
    def name(cls) -> str:
        """The word as written in a spec: the class name in snake case."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    @functools.cache
    def parameters_of(cls) -> tuple[Parameter, ...]:
        """The arguments in positional order.

        A word that requires arguments of its own begins with its own, `linear_gaussian(100, 0.5)`;
        any other with those of its whole kind, `mnist1d(1_000)`.
        """
        fields = {field.name: field for field in attrs.fields(cls)}  # type: ignore[arg-type]
        shared = [
            field.name
            for base in cls.__mro__[1:]
            if attrs.has(base)
            for field in attrs.fields(base)
        ]
        own = [name for name in fields if name not in shared]
        leads = any(fields[name].default is attrs.NOTHING for name in own)
        return tuple(
            attrs.evolve(parameter, name=parameter.name or name, field=name)
            for name in ([*own, *shared] if leads else [*shared, *own])
            for parameter in (fields[name].metadata["parameter"],)
        )

    @property
    def neutral(self) -> bool:
        """True when the word with these values does nothing, so that leaving it out is the same."""
        return False


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
    def inputs(self) -> int:
        """Numbers in one input."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        """The shape of one input, whose numbers lie flat in its row: channels come first."""
        return (self.inputs,)

    @property
    def classes(self) -> int | None:
        """Number of classes, or None for regression on one real target."""
        raise NotImplementedError

    @property
    def outputs(self) -> int:
        """Numbers a network must put out: one a class, one for regression."""
        return self.classes or 1

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

    @property
    def least_inputs(self) -> int:
        """Inputs that the dataset must have at least."""
        return 1

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

    def penalty(self, weights: list[Tensor]) -> Tensor | None:
        """The term added to the mean training loss, or None for a term that is no penalty."""
        return None


class Schedule(Word):
    """A learning rate over time."""

    kind = "schedule"
    looks_ahead: ClassVar[bool] = False  # True: the value at a step depends on the total length

    def rates(self, steps: np.ndarray, total: int) -> np.ndarray:
        """The rate, float64, at each of the int64 `steps` (0 is the first) of `total`."""
        raise NotImplementedError


class Optimizer(Word):
    """A rule that turns gradients into updates; every optimizer has an `lr` schedule.

    A `separable` one updates every weight by itself: one vector of all weights may be given.
    """

    kind = "optimizer"
    separable: ClassVar[bool] = False
    lr: Any

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

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each sample, (n,), from outputs (n, k) and targets (n,)."""
        raise NotImplementedError


class Procedure(Word):
    """How the weights are found; the kind a `train` setting takes."""

    kind = "train"
    traits: ClassVar[frozenset[str]] = frozenset()  # of: gradient, closed_form
    streams: ClassVar[frozenset[str]]  # which of data, init, order it reads


class Measure(Word):
    """A recorded quantity beside the risks."""

    kind = "measure"
    units: ClassVar[str] = "1"

    def value(self, weights: dict[str, Tensor]) -> Tensor:
        """The quantity, a scalar, of one model (a function of tensors, fit for vmap)."""
        raise NotImplementedError


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
