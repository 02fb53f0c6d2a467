"""Measures of cells that are solved, not trained."""

from __future__ import annotations

from collections.abc import Mapping

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
from ddspec.training.selection import Part
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Measure
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.measure import OfOutputs
from ddspec.vocabulary.seen import Observed

NUMBERS = 1 << 24  # of features of samples made at once


def measured(
    family: Family, cell: Cell, weight: Tensor, measures: Mapping[str, Measure]
) -> dict[str, float | np.ndarray]:
    """The measures of a solved cell: float64 values, each a number or an array of its shape.

    weight: as the family solved it. Measures are shown it as `weight`, (outputs, width), a bias its
    last column, of a linearized network by name; and zeros as the weights before training.
    """
    found = {name: _value(m, family, cell, weight).double() for name, m in measures.items()}
    return {name: v.cpu().numpy() if v.dim() else float(v) for name, v in found.items()}


def _value(measure: Measure, family: Family, cell: Cell, weight: Tensor) -> Tensor:
    part: Part = getattr(family.selections[cell.dataset], measure.use or "train")
    count = len(part) if measure.use else 0
    most = count if measure.cap is None else min(measure.cap, count)
    whole = _observed(family, cell, weight, part, slice(most))
    if not isinstance(measure, OfOutputs):
        return measure.value(whole)
    size = max(1, NUMBERS // len(weight))
    found = []
    for start in range(0, most, size):
        piece = _observed(family, cell, weight, part, slice(start, min(start + size, most)))
        found.append(measure.each(piece, piece(piece.inputs)))
    return measure.total(whole, torch.cat(found))


def _observed(family: Family, cell: Cell, weight: Tensor, part: Part, of: slice) -> Observed:
    device = weight.device

    def known(values: np.ndarray | None, empty: np.ndarray) -> Tensor:
        return torch.from_numpy((empty if values is None else values)[of]).to(device)

    weights, model = _model(family, cell, weight)
    groups = known(part.groups, np.zeros(len(part), np.int64))
    return Observed(
        weights=weights,
        first={name: torch.zeros_like(own) for name, own in weights.items()},
        passed=model.passed,
        inputs=torch.from_numpy(part.inputs[part.rows[of]]).to(device, torch.float64),
        targets=known(part.targets, part.targets),
        clean=known(part.clean, part.targets),
        groups=groups,
        counts=known(part.weights, np.ones(len(part))),
        loss=Mse().each,
        key=torch.tensor(Draws(cell.seed.order, "measures").key() % 2**63, device=device),
        classes=cell.dataset.classes,
        architecture=cell.architecture,
        terms=cell.regularizer,
        sorts=1 if part.groups is None else 1 + int(part.groups.max(initial=0)),
        through=model.through,
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
