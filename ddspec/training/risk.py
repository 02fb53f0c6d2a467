"""What is recorded of stacked models: risks on each cell's own samples, then measures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import attrs
import torch
from torch import Tensor, nn
from torch.func import vmap

from ddspec.errors import DdspecError
from ddspec.training.course import Course
from ddspec.training.models import Kind, Models
from ddspec.training.observing import Shown, View, differentiable
from ddspec.training.resident import USES, Resident
from ddspec.training.stepper import Stepper
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Dataset, Measure
from ddspec.vocabulary.measure import OfOutputs
from ddspec.vocabulary.measuring import missed
from ddspec.vocabulary.seen import Observed

# Samples evaluated at once, and numbers in their inputs on a processor: activations, which grow
# with inputs, stay in cache. Images of 3 x 32 x 32 take half the time in chunks of 130.
ROWS, NUMBERS, ROWS_CUDA = 1000, 400_000, 8192
SCORES, SCORES_CUDA = 4_000_000, 100_000_000  # numbers in the outputs of a model at once

Shape = tuple[int, ...]


def risks_of(data: Dataset) -> list[str]:
    """The names of the risks that are recorded of every cell on a dataset."""
    uses = [use for use in USES if use != "validation" or data.validation]
    kinds = ["loss"] if data.classes is None else ["loss", "error"]
    return [f"{use}_{kind}" for use in uses for kind in kinds]


def shapes_of(data: Dataset, measures: Mapping[str, Measure]) -> dict[str, Shape]:
    """The names of all that is recorded of a cell on a dataset, with the shape of each."""
    risks: dict[str, Shape] = dict.fromkeys(risks_of(data), ())
    return risks | {name: measure.shape(data.outputs) for name, measure in measures.items()}


@attrs.frozen(eq=False)
class Reader:
    """Reads models of one stack.

    Risks are sums in float64 over chunks whose size does not depend on the stack; a sample counts
    as much as its weight says. keys: (cells,) int64, of each cell's random numbers.
    """

    kind: Kind
    stepper: Stepper
    resident: Resident
    measures: Mapping[str, Measure]
    keys: Tensor
    _network: list[nn.Module] = attrs.field(factory=list)
    _views: dict[str | None, tuple[tuple[int, ...], View]] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls,
        kind: Kind,
        stepper: Stepper,
        resident: Resident,
        courses: Sequence[Course],
        measures: Mapping[str, Measure],
    ) -> Reader:
        """The reader of the models of a stack, of those courses."""
        keys = [Draws(course.order.seed, "measures").key() % 2**63 for course in courses]
        return cls(kind, stepper, resident, measures, torch.tensor(keys, device=resident.device))

    def read(self, models: Models, cells: Sequence[int], first: Tensor) -> Tensor:
        """What is recorded of models at one time, (numbers, k) float64, on their device: the risks
        in the order of `risks_of`, then the measures, each laid flat.

        `cells` are the models' numbers in the resident data; they have equally many samples of each
        use. first: their weights before training, (k, parameters).
        """
        shown = self._shown(models, cells, first)
        risks: list[Tensor] = []
        found: dict[str, Tensor] = {}
        for use in self.resident.places[cells[0]]:
            risks += self._passed(shown, cells, use, found)
        for name, measure in self.measures.items():
            if name not in found:
                view = self._view(cells, measure.use).part(slice(measure.cap))
                found[name] = shown.asked(measure, view, partial(_value, measure), inputs=True)
        values = [self._flat(measure, found[name]) for name, measure in self.measures.items()]
        return torch.cat([torch.stack(risks), *values])

    def _flat(self, measure: Measure, values: Tensor) -> Tensor:
        """What a measure gives of k models as (numbers, k). Raises DdspecError for other numbers
        than it says: they would be taken for those of the next one.
        """
        wanted, given = measure.shape(self.kind.cell.dataset.outputs), tuple(values.shape[1:])
        if math.prod(given) != math.prod(wanted):
            raise DdspecError(
                f"the measure `{measure.name()}` gives {given} of a model; its `shape` is {wanted}"
            )
        return values.double().reshape(len(values), -1).T

    def risk(self, quantity: str, models: Models, cells: Sequence[int]) -> Tensor:
        """One risk of models, (k,) float64: `train_loss`, `validation_error`, ..."""
        use, _, name = quantity.rpartition("_")
        view, sums = self._view(cells, use), _Sums(self.kind, len(models), self.resident.device)
        for part in self._chunks(len(view)):
            piece = view.part(part)
            sums.add(self.stepper.outputs(models, piece.rows), piece)
        return sums.means()[("loss", "error").index(name)]

    def _passed(
        self, shown: Shown, cells: Sequence[int], use: str, found: dict[str, Tensor]
    ) -> list[Tensor]:
        """The risks of a use; the measures of its outputs are added to `found`."""
        models, view = shown.models, self._view(cells, use)
        asked = {n: m for n, m in self._of_outputs().items() if m.use == use}
        sums = _Sums(self.kind, len(models), self.resident.device)
        kept: dict[str, list[Tensor]] = {name: [] for name in asked}
        for part in self._chunks(len(view)):
            piece = view.part(part)
            outputs = self.stepper.outputs(models, piece.rows)
            sums.add(outputs, piece)
            for name, measure in asked.items():
                if measure.cap is None or part.start < measure.cap:
                    kept[name].append(_each(shown, measure, part.start, piece, outputs))
        for name, measure in asked.items():
            chosen = view.part(slice(measure.cap))
            each = torch.cat(kept[name], dim=1)
            found[name] = shown.asked(measure, chosen, measure.total, each, inputs=False)
        return sums.means()

    def _of_outputs(self) -> dict[str, OfOutputs]:
        return {n: m for n, m in self.measures.items() if isinstance(m, OfOutputs)}

    def _chunks(self, samples: int) -> Iterator[slice]:
        data, card = self.kind.cell.dataset, self.resident.device.startswith("cuda")
        size = ROWS_CUDA if card else max(1, min(ROWS, NUMBERS // data.inputs))
        # scores of every token at every place of a text would fill any memory
        size = max(1, min(size, (SCORES_CUDA if card else SCORES) // data.outputs))
        return (slice(start, start + size) for start in range(0, samples, size))

    def _view(self, cells: Sequence[int], use: str | None) -> View:
        """The samples of a use; the last ones stay on the device: most readings are of the same
        cells.
        """
        kept = self._views.get(use)
        if kept is None or kept[0] != tuple(cells):
            kept = (tuple(cells), View.of(self.resident, cells, use))
            self._views[use] = kept
        return kept[1]

    def _shown(self, models: Models, cells: Sequence[int], first: Tensor) -> Shown:
        if not self._network:
            self._network.append(differentiable(self.kind.evaluating))
        keys = self.keys[list(cells)]
        return Shown(self.kind, self._network[0], models, first, keys, self.resident.inputs)


def _value(measure: Measure, model: Observed, _: Tensor) -> Tensor:
    return measure.value(model)


def _each(shown: Shown, measure: OfOutputs, start: int, view: View, outputs: Tensor) -> Tensor:
    """What a measure keeps of a chunk of samples that begins at `start`, (k, n, ...)."""
    most = None if measure.cap is None else measure.cap - start
    return shown.asked(
        measure, view.part(slice(most)), measure.each, outputs[:, :most], inputs=False
    )


@attrs.define(eq=False)
class _Sums:
    """Losses and errors of k models, summed by what samples count."""

    kind: Kind
    models: int
    device: str
    loss: Tensor = attrs.field(init=False)
    wrong: Tensor = attrs.field(init=False)
    counts: Tensor = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.loss, self.wrong, self.counts = torch.zeros(
            3, self.models, dtype=torch.float64, device=self.device
        )

    def add(self, outputs: Tensor, view: View) -> None:
        """Take in what the models say to more samples."""
        self.counts = self.counts + view.counts.sum(dim=1)
        loss = vmap(self.kind.train.loss.each)(outputs, view.targets).double()
        self.loss = self.loss + (loss * view.counts).sum(dim=1)
        if self.kind.cell.dataset.classes is not None:
            wrong = vmap(missed)(outputs, view.targets)
            self.wrong = self.wrong + (wrong * view.counts).sum(dim=1)

    def means(self) -> list[Tensor]:
        """The mean loss, and the error where there are classes."""
        means = [self.loss / self.counts, self.wrong / self.counts]
        return means if self.kind.cell.dataset.classes is not None else means[:1]
