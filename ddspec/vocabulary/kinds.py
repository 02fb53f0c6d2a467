"""The kinds of words and what a word of each kind can be asked; importing this loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ddspec.vocabulary.measure import Measure
from ddspec.vocabulary.sampling import Corruption, Dataset, Shape, Transform
from ddspec.vocabulary.schema import Duration
from ddspec.vocabulary.word import REGISTRY, Word, word

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from torch import Tensor, nn

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.pool import Pool
    from ddspec.vocabulary.seen import Examples, Network, Taken, Tensors
    from ddspec.vocabulary.watch import Watch


class Architecture(Word):
    """A parametrized function from inputs to outputs."""

    kind = "architecture"
    # of: hidden_units, linear_in_parameters, feedforward, convolutional, recurrent, graph,
    # normalized (a normalization is part of it), translates, estimator; successive: compositions
    # put layers between its own; own_weights: and those have weights that act as they are trained
    traits: ClassVar[frozenset[str]] = frozenset()
    random: ClassVar[bool] = True  # False: nothing is drawn even before training (linear, solved)
    least_shape: ClassVar[Shape] = ()  # of samples it can take: (channels, height, width), ...
    reads: ClassVar[str] = "numbers"  # what it is made for, see `Dataset.reads`

    @property
    def least_inputs(self) -> int:
        """Inputs that the dataset must have at least."""
        return 1

    @property
    def layer_count(self) -> int | None:
        """The affine and convolutional layers it trains, as rates of layers count them; None: not
        known before it is built.
        """
        return None

    def unfit(self, shape: Shape) -> str:
        """Why it cannot be built for samples of a shape; empty when it can."""
        return ""

    @property
    def nests(self) -> str | None:
        """The field, a number from 1, along which trained features nest: those of a smaller network
        are the first of a larger one's, with the same draws and no trained bias; None without one.
        """
        return None

    @property
    def feature_scale(self) -> float:
        """What features that nest but for a common factor are multiplied by."""
        return 1.0

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
    def needs_data(self) -> frozenset[str]:
        """What the dataset must have, of: `numbers` (no tokens), `classes`, `reals` (real targets),
        `image`, `validation`.
        """
        return frozenset()

    @property
    def place(self) -> str:
        """Where the term acts; a composition holds a word once at each place."""
        return str(getattr(self, "at", "weights"))

    # What follows are functions of one model's tensors, fit for vmap; a term overrides those it
    # needs. Of several terms that override one the lower `rank` acts first.
    rank: ClassVar[int] = 0

    def formula(self) -> str:
        """What it adds to the objective, in LaTeX with `<strength>` for its argument of that name:
        w are all trained parameters, W_l the weights of a layer, f the network, n the samples.
        Empty where it adds no penalty.
        """
        return ""

    def penalty(self, weights: list[Tensor]) -> Tensor | None:
        """The term added to the mean training loss, or None for a term that is no penalty."""
        return None

    def start(self, weights: Tensors, buffers: Tensors) -> Tensors:
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
    composition. full_batch: it is defined for the whole training set at every step. samplewise: it
    keeps a number of every training sample and weighs their slopes, see `weigh`.
    """

    kind = "optimizer"
    needs: ClassVar[frozenset[str]] = frozenset()
    full_batch: ClassVar[bool] = False
    samplewise: ClassVar[bool] = False
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

    def weigh(
        self, losses: Tensor, kept: Tensor, shares: Tensor, rate: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What the slope of each row's loss is multiplied by, and what to keep of its sample.

        losses (rows,); kept (rows,), zero before the first step; shares (rows,) of the mean loss.
        """
        raise NotImplementedError


class Loss(Word):
    """A loss of outputs against targets."""

    kind = "loss"
    needs_classes: ClassVar[bool] = False

    @property
    def per_class(self) -> dict[str, tuple[float, ...]]:
        """Its arguments that have one number a class, by name, where they are given."""
        return {}

    def formula(self) -> str:
        """The loss of a sample (x, y), as `Regularizer.formula`: f(x) are the k outputs, z the
        margin, that of the sample's class less the largest other one. Empty where it has none.
        """
        return ""

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
    """A finding computed from the finished dataset.

    ddspec's own have their finders in `ddspec.analysis.reports`; those of plug-ins override `find`.
    """

    kind = "report"

    def find(self, risk: xr.Dataset, candidates: xr.Dataset | None) -> Sequence[str]:
        """The answer in sentences, the most important first: from an experiment's dataset, tuned
        axes gone, and from the risks of every candidate where numbers are tuned.

        Raises DdspecError when these do not allow an answer, say for want of seeds.
        """
        raise NotImplementedError


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
    "Transform",
    "Word",
    "word",
]
