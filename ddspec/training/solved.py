"""Measures of cells whose weights are found without steps, solved or fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from ddspec.plan.cell import Cell
from ddspec.training.design import differentiable_features
from ddspec.training.expanded import Expanded
from ddspec.training.family import Family
from ddspec.training.models import Tensors
from ddspec.training.selection import Part, Selection
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Measure
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.measure import OfOutputs
from ddspec.vocabulary.seen import Observed, Through

Series = dict[str, float | np.ndarray]
CPU = torch.device("cpu")
NUMBERS = 1 << 24  # of features of samples made at once


def measured(family: Family, cell: Cell, weight: Tensor, measures: Mapping[str, Measure]) -> Series:
    """The measures of a solved cell. weight: as the family solved it."""
    weights, model = _model(family, cell, weight)
    selection = family.selections[cell.dataset]
    found = Found(cell, selection, weights, model.passed, Mse().each, weight.device, model.through)
    return found.measured(measures, max(1, NUMBERS // len(weight)))


@attrs.frozen(eq=False)
class Found:
    """A cell whose weights were found without steps, as measures are shown it: in float64, weights
    before training zero. A layer's matrix is (outputs, inputs), a bias its last column.
    """

    cell: Cell
    selection: Selection
    weights: Tensors
    passed: Callable[[Mapping[str, Tensor], Tensor], Tensor]
    loss: Callable[[Tensor, Tensor], Tensor]
    device: torch.device = CPU
    through: Through | None = None

    def measured(self, measures: Mapping[str, Measure], rows: int) -> Series:
        """The measures, float64, each a number or an array of its shape; outputs are made of so
        many samples at once.
        """
        found = {name: self._value(measure, rows).double() for name, measure in measures.items()}
        return {name: v.cpu().numpy() if v.dim() else float(v) for name, v in found.items()}

    def _value(self, measure: Measure, rows: int) -> Tensor:
        part: Part = getattr(self.selection, measure.use or "train")
        count = len(part) if measure.use else 0
        most = count if measure.cap is None else min(measure.cap, count)
        whole = self._observed(part, slice(most))
        if not isinstance(measure, OfOutputs):
            return measure.value(whole)
        found = []
        for start in range(0, most, rows):
            piece = self._observed(part, slice(start, min(start + rows, most)))
            found.append(measure.each(piece, piece(piece.inputs)))
        return measure.total(whole, torch.cat(found))

    def _observed(self, part: Part, of: slice) -> Observed:
        def known(values: np.ndarray | None, empty: np.ndarray) -> Tensor:
            return torch.from_numpy((empty if values is None else values)[of]).to(self.device)

        cell, groups = self.cell, part.groups
        return Observed(
            weights=self.weights,
            first={name: torch.zeros_like(own) for name, own in self.weights.items()},
            passed=self.passed,
            inputs=torch.from_numpy(part.taken(of)).to(self.device, torch.float64),
            targets=known(part.targets, part.targets),
            clean=known(part.clean, part.targets),
            groups=known(groups, np.zeros(len(part), np.int64)),
            counts=known(part.weights, np.ones(len(part))),
            loss=self.loss,
            key=torch.tensor(Draws(cell.seed.order, "measures").key() % 2**63, device=self.device),
            classes=cell.dataset.classes,
            architecture=cell.architecture,
            terms=cell.regularizer,
            sorts=1 if groups is None else 1 + int(groups.max(initial=0)),
            through=self.through,
        )


def _model(family: Family, cell: Cell, weight: Tensor) -> tuple[Tensors, _Solved | _Moved]:
    """A cell's weights by name, and its function of them."""
    if isinstance(family, Expanded):
        return family.named(weight), _Moved(family)
    share = family.share(cell)
    return {"weight": weight.mT / share}, _Solved(family, len(weight), share)


@attrs.frozen(eq=False)
class _Moved:
    """The function of a solved linearized network."""

    family: Expanded

    def passed(self, weights: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """The outputs, (n, outputs), of inputs (n, d)."""
        made: Tensor = functional_call(self.family.network, dict(weights), (inputs,))
        return made

    def through(
        self, weights: Mapping[str, Tensor], inputs: Tensor, _: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensors]:
        """See `Through`: nothing passes between trained layers."""
        return self.passed(weights, inputs), {}


@attrs.frozen(eq=False)
class _Solved:
    """The function of a solved cell, of the first `width` features of its family times `share`."""

    family: Family
    width: int
    share: float

    def passed(self, weights: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """The outputs, (n, outputs), of inputs (n, d)."""
        return self.through(weights, inputs, {})[0]

    def through(
        self, weights: Mapping[str, Tensor], inputs: Tensor, shifts: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensors]:
        """See `Through`: the solved layer is the only one."""
        made = differentiable_features(self.family.network, inputs)[:, : self.width] * self.share
        if "weight" in shifts:
            made = made + shifts["weight"]
        return made @ weights["weight"].mT, {"weight": made}
