"""Measures: what is recorded of a model beside the risks; importing this loads no torch."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from ddspec.vocabulary.schema import Duration, choice, integer, text
from ddspec.vocabulary.word import Word, label_of

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed

    Shape = tuple[int, ...]

USES = ("train", "validation", "test")


class Measure(Word):
    """A recorded quantity beside the risks.

    A measure that has a field `of`, one of USES, looks at the samples of that use, and where it has
    a field `samples`, a number or None, at so many of them: the first in the seed's order. One
    without `of` reads weights only and is shown no samples. `alone`: asked for model by model, so
    that its `value` may look at numbers; otherwise it must be fit for vmap. `needs`, of: classes
    (one class a sample), first (weights before training), weights (trained ones), network (a
    function to differentiate), feedforward (a chain of affine layers).
    """

    kind = "measure"
    units: ClassVar[str] = "1"
    alone: ClassVar[bool] = False

    @property
    def needs(self) -> frozenset[str]:
        """What the cells must have, of: `classes` (one class a sample) or `labels` (one or more);
        `random_labels`, uniform over the classes; `weights` that are found and `first` ones, before
        training; a `network` to differentiate, `numbers` to differentiate it in, `layers` that are
        trained one by one, or a chain of affine ones, `feedforward`; a network that `translates`.
        """
        return frozenset({"weights"})

    def value(self, model: Observed) -> Tensor:
        """The quantity, a scalar or as `shape` says, of one model (a function of tensors)."""
        raise NotImplementedError

    def shape(self, outputs: int) -> Shape:
        """Of the value, for networks that put out so many numbers; () for a scalar."""
        return ()

    def dims(self) -> tuple[str, ...]:
        """The names of the dimensions of `shape`."""
        return ()

    @property
    def title(self) -> str:
        """What it is in a few words: what the first line of its file says after its name."""
        first = (sys.modules[type(self).__module__].__doc__ or "").split("\n")[0]
        return first.partition(": ")[2].rstrip(".") or self.name().replace("_", " ")

    @property
    def use(self) -> str | None:
        """Whose samples it looks at, one of USES; None: it looks at none."""
        use: str | None = getattr(self, "of", None)
        return use

    @property
    def cap(self) -> int | None:
        """How many samples it looks at at most; None: all."""
        samples: int | None = getattr(self, "samples", None)
        return samples

    @property
    def recorded(self) -> Measure:
        """What is recorded of each cell for it: itself, unless it compares cells."""
        return self

    @property
    def key(self) -> str:
        """What its readings are stored under: the word's label and arguments that are not their
        defaults, without spaces; it tells two measures apart whatever a spec calls them.
        """
        given = {p.name: getattr(self, p.field) for p in self.parameters_of() if not _left(self, p)}
        pairs = (f"{name}={_plain(given[name])}" for name in sorted(given))
        return f"{label_of(type(self))}({','.join(pairs)})"


def _left(measure: Measure, parameter: Any) -> bool:
    return bool(getattr(measure, parameter.field) == parameter.default)


def _plain(value: Any) -> str:
    if isinstance(value, Word | Duration):
        value = repr(value)
    return json.dumps(value, separators=(",", ":")).replace(" ", "\\u0020")


@attrs.frozen(kw_only=True, slots=False)
class OfSamples(Measure):
    """A measure of a network at some samples."""

    of: str = choice("which samples", *USES, default="train")
    samples: int | None = integer(
        "how many of them at most, the first in the seed's order",
        default=1000,
        at_least=1,
        unit="samples",
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"weights", "network"})


@attrs.frozen(kw_only=True, slots=False)
class OfOutputs(OfSamples):
    """A measure of what a network puts out: so many numbers a sample, then what they come to.

    Outputs are computed once a reading for all measures of a use, a chunk of samples at a time.
    """

    of: str = choice("which samples", *USES, default="test")
    samples: int | None = integer(
        "how many of them at most, the first in the seed's order; all unless said",
        default=None,
        at_least=1,
        unit="samples",
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        """What is kept of each sample, (n, ...), from outputs (n, outputs); NaN does not count."""
        raise NotImplementedError

    def total(self, model: Observed, each: Tensor) -> Tensor:
        """The quantity from what was kept of all samples: unless said, the mean by `counts`."""
        import torch

        there = ~each.isnan()
        counts = torch.where(there, model.counts, 0.0)
        return torch.where(there, each * counts, 0.0).sum() / counts.sum()

    def value(self, model: Observed) -> Tensor:
        return self.total(model, self.each(model, model(model.inputs)))


@attrs.frozen(kw_only=True, slots=False)
class OfClasses(OfOutputs):
    """A measure of outputs of which each stands for a class, and one class is right."""

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"classes"})


@attrs.frozen(kw_only=True, slots=False)
class Across(Measure):
    """A measure that compares what cells put out along a replicate axis, once they are all there.

    Cells that are missing or have diverged are left out; where fewer than two are left it is NaN.
    """

    along: str = text("the replicate axis whose cells are compared", refers="axis", default="seed")
    of: str = choice("which samples", *USES, default="test")
    samples: int = integer(
        "how many of them, the first in the seed's order", default=1000, at_least=1, unit="samples"
    )

    @property
    def needs(self) -> frozenset[str]:
        return self.recorded.needs

    @property
    def recorded(self) -> Measure:
        raise NotImplementedError

    def across(self, values: np.ndarray) -> np.ndarray:
        """The quantity, float64 (), of what was recorded of cells, (cells, *shape), two or more."""
        raise NotImplementedError


def size(shape: tuple[int, ...]) -> int:
    """Numbers in a value of a shape."""
    return math.prod(shape)
