"""Families of linearized networks: one weight vector for all outputs, features by derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import torch
from torch import Tensor, nn

from ddspec.training.family import Family, Reader
from ddspec.training.gram import Columns
from ddspec.training.ridge import grouped, solve, solve_dual
from ddspec.vocabulary.kinds import Dataset
from ddspec.vocabulary.tangent import Linearized

EXPLICIT = 1 << 28  # numbers of a Jacobian that is laid out as a whole
BLOCK = 1 << 27  # numbers of a part of one that is not
ROWS = 1 << 15  # numbers taken to be held for a sample in evaluation


@attrs.frozen(eq=False)
class Expanded(Family):
    """Cells of one linearized network on the same samples.

    The design matrix is the Jacobian of outputs in weights, (n outputs, weights), sample by sample;
    targets are what first outputs lack. It is laid out where it is small or tall; else the kernel
    is, (n outputs, n outputs). matrix: (n, inputs) the training inputs.
    """

    @staticmethod
    def seen(network: nn.Sequential, inputs: Tensor) -> Tensor:  # noqa: ARG004
        """What predictions are made of: the inputs themselves."""
        return inputs

    @property
    def layer(self) -> Linearized:
        """The linearized network."""
        layer = self.network[-1]
        assert isinstance(layer, Linearized)
        return layer

    def weights(self) -> list[Tensor]:
        """The solved changes of weights of each cell, (weights, 1) float64."""
        layer, (outputs, scale) = self.layer, (self.outputs, self.scale())
        with torch.no_grad():
            start = layer.start(self.matrix)
        targets = [
            self.targets(dataset, "train", slice(None)) - start for dataset in self.selections
        ]
        if scale is None:
            scale = torch.ones_like(self.matrix[:, :1])
        flat = [(scale * each).reshape(-1, 1) for each in targets]
        width = sum(weight.numel() for weight in layer.first.values())
        problems = self.problems([width] * len(self.cells))
        samples = scale.repeat_interleave(outputs, dim=0)
        if len(samples) * width <= EXPLICIT or len(samples) >= width:
            return solve(samples * layer.jacobian(self.matrix), flat, problems)
        system = _Tangent(layer, self.matrix, samples, torch.cat(flat, dim=1))
        return solve_dual(system, system.gram(), problems, flat)

    def named(self, weight: Tensor) -> dict[str, Tensor]:
        """Solved weights by their names in the network."""
        names = [name for name, _ in self.network.named_parameters()]
        return dict(zip(names, self.layer.named(weight[:, 0]).values(), strict=True))

    def reader(self, weights: Sequence[Tensor]) -> Reader:
        """What the cells predict with solved weights."""
        return _Moved(self, weights)


@attrs.frozen(eq=False)
class _Moved:
    """Predictions of the network at its changed weights, cell by cell."""

    family: Expanded
    weights: Sequence[Tensor]

    @property
    def numbers(self) -> int:
        return ROWS

    def __call__(self, made: Tensor) -> Iterator[tuple[Sequence[int], Dataset, Tensor]]:
        layer, cells = self.family.layer, self.family.cells
        with torch.no_grad():
            start = layer.start(made)
            for dataset, numbers in grouped(range(len(cells)), lambda n: cells[n].dataset).items():
                moved = [layer.moved(made, self.weights[n][:, 0]) for n in numbers]
                yield numbers, dataset, torch.stack([start + each for each in moved], dim=1)


@attrs.frozen(eq=False)
class _Tangent:
    """(A A^T + shift I) x = targets, W = A^T x, A the Jacobian, its rows times `samples`."""

    layer: Linearized
    inputs: Tensor
    samples: Tensor
    right: Tensor

    @property
    def outputs(self) -> int:
        return 1

    @property
    def longest(self) -> int:
        return sum(weight.numel() for weight in self.layer.first.values())

    def gram(self) -> Tensor:
        """A A^T, made in parts."""
        size = max(1, BLOCK // (self.longest * (len(self.samples) // len(self.inputs))))
        parts = torch.split(self.inputs, size)
        blocks = [[self.inputs.new_empty(0)] * len(parts) for _ in parts]
        for i, one in enumerate(parts):
            of_one = self.layer.jacobian(one)
            for j, other in enumerate(parts[: i + 1]):
                of_other = of_one if i == j else self.layer.jacobian(other)
                blocks[i][j] = of_one @ of_other.mT
                blocks[j][i] = blocks[i][j].mT
        whole = torch.cat([torch.cat(row, dim=1) for row in blocks])
        return self.samples * whole * self.samples.mT

    def residual(self, found: Tensor, columns: Columns) -> Tensor:
        fitted = [self.layer.moved(self.inputs, w).reshape(-1) for w in self.weights(found).mT]
        left = self.right[:, columns.places] - self.samples * torch.stack(fitted, dim=1)
        return left - columns.shifts * found

    def weights(self, found: Tensor) -> Tensor:
        pulled = [self.layer.pulled(self.inputs, x) for x in (self.samples * found).mT]
        return torch.stack(pulled, dim=1)
