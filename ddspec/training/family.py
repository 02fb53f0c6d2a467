"""Families of solved cells: the same samples, and features that nest."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import attrs
import torch
from torch import Tensor, nn

from ddspec.plan.cell import Cell
from ddspec.training.design import features
from ddspec.training.gram import Problem
from ddspec.training.ridge import grouped, solve
from ddspec.training.selection import Part, Selection, select
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Architecture, Dataset
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.regularizers.l2 import L2

HELD = 1 << 25  # numbers of weights solved for at once

PoolOf = Callable[[Dataset, int], Pool]


@attrs.frozen(eq=False)
class Family:
    """Cells on the same samples whose features are the first columns of one design matrix.

    widest: the cell of most features; network: its network. matrix: (n, P) float64, what that makes
    of the training samples.
    selections: by dataset; cells that differ in label noise differ in theirs, but for the weights
    of samples.
    """

    cells: Sequence[Cell]
    widest: Cell
    network: nn.Sequential
    matrix: Tensor
    selections: Mapping[Dataset, Selection]

    @classmethod
    def of(cls, cells: Sequence[Cell], pools: PoolOf, device: str = "cpu") -> Family:
        """The family of some cells, its samples and features on a device."""
        pool = pools(cells[0].dataset, cells[0].seed.data)
        firsts = {cell.dataset: cell for cell in cells}
        selections = {dataset: select(cell, pool) for dataset, cell in firsts.items()}
        widest = max(cells, key=width_of)
        network = _network(widest, device)
        inputs = inputs_of(selections[cells[0].dataset].train, device)
        return cls(cells, widest, network, cls.seen(network, inputs), selections)

    @staticmethod
    def seen(network: nn.Sequential, inputs: Tensor) -> Tensor:
        """What predictions are made of, (n, P): the features of inputs."""
        return features(network, inputs)

    def weights(self) -> list[Tensor]:
        """The solved weights of each cell, (width, outputs) float64; a bias is the last row.

        They are of the features of the widest cell, which may be a cell's own over a factor.
        """
        problems = self.problems([width_of(cell) for cell in self.cells])
        targets = [self.targets(dataset, "train", slice(None)) for dataset in self.selections]
        scale = self.scale()
        if scale is None:
            return solve(self.matrix, targets, problems)
        return solve(scale * self.matrix, [scale * each for each in targets], problems)

    def problems(self, widths: Sequence[int]) -> list[Problem]:
        """The problems of the cells, which have these widths."""
        factor = len(self.matrix) * self.outputs / 2  # of the mean over samples and outputs
        draws = {dataset: number for number, dataset in enumerate(self.selections)}
        return [
            Problem(width, factor * _strength(cell) / self.share(cell) ** 2, draws[cell.dataset])
            for cell, width in zip(self.cells, widths, strict=True)
        ]

    def share(self, cell: Cell) -> float:
        """A cell's own features, in those of the widest cell."""
        return cell.architecture.feature_scale / self.widest.architecture.feature_scale

    def scale(self) -> Tensor | None:
        """What multiplies samples, (n, 1), where they count differently."""
        counts = self.counts("train", slice(None))
        if counts is None:
            return None
        return (counts * (len(counts) / counts.sum())).sqrt()[:, None]

    @property
    def outputs(self) -> int:
        """Numbers that a cell puts out."""
        return self.cells[0].dataset.outputs

    def reader(self, weights: Sequence[Tensor]) -> Reader:
        """What the cells predict with solved weights."""
        alike = grouped(range(len(self.cells)), lambda n: (len(weights[n]), self.cells[n].dataset))
        joined = {key: torch.cat([weights[n] for n in ns], 1) for key, ns in alike.items()}
        return Joined(
            alike, joined, max(self.matrix.shape[1], *(w.shape[1] for w in joined.values()))
        )

    def part(self, name: str) -> Part:
        """One of the parts `train`, `validation` and `test`; only targets differ between cells."""
        part: Part = getattr(self.selections[self.cells[0].dataset], name)
        return part

    def counts(self, part: str, rows: slice) -> Tensor | None:
        """What samples of a part count, (rows,) float64; None: one each."""
        weights = self.part(part).weights
        return None if weights is None else torch.from_numpy(weights[rows]).to(self.matrix)

    def targets(self, dataset: Dataset, part: str, rows: slice) -> Tensor:
        """What cells of a dataset should put out, (rows, outputs) float64; classes are one-hot,
        but for distributions over them.
        """
        chosen: Part = getattr(self.selections[dataset], part)
        targets = torch.from_numpy(chosen.targets[rows]).to(self.matrix.device)
        if dataset.classes is None or targets.is_floating_point():
            return targets.to(torch.float64).reshape(len(targets), -1)
        return nn.functional.one_hot(targets, dataset.classes).to(torch.float64)


class Reader(Protocol):
    """The predictions of the cells of a family."""

    @property
    def numbers(self) -> int:
        """Numbers held for a sample."""

    def __call__(self, made: Tensor) -> Iterator[tuple[Sequence[int], Dataset, Tensor]]:
        """Some of the cells by number, their dataset, and what they predict, (rows, cells,
        outputs), of what the family makes of samples.
        """


@attrs.frozen(eq=False)
class Joined:
    """Predictions by features: weights of cells of one width and dataset side by side."""

    alike: Mapping[tuple[int, Dataset], Sequence[int]]
    joined: Mapping[tuple[int, Dataset], Tensor]
    numbers: int

    def __call__(self, made: Tensor) -> Iterator[tuple[Sequence[int], Dataset, Tensor]]:
        """See `Reader`."""
        for (width, dataset), numbers in self.alike.items():
            predicted = made[:, :width] @ self.joined[width, dataset]
            yield numbers, dataset, predicted.view(len(made), len(numbers), -1)


def families(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    """Cells in families, each sorted by width and cut to HELD numbers of weights."""
    alike: dict[Architecture, Architecture] = {}

    def key(cell: Cell) -> Hashable:
        data, architecture = cell.dataset, cell.architecture
        if architecture not in alike:
            narrowest = {architecture.nests: 1} if architecture.nests else {}
            alike[architecture] = attrs.evolve(architecture, **narrowest)  # type: ignore[misc]  # every word is an attrs class
        init = cell.seed.init if architecture.random else 0
        weighed = data.label_noise if data.weighted else None  # weights may go by noisy labels
        samples = (data.inputs_key(), weighed, cell.seed.data)
        return (samples, alike[architecture], init)

    for members in grouped(cells, key).values():
        members.sort(key=width_of)
        widest = width_of(members[-1])
        most = max(1, HELD // (widest * members[-1].dataset.outputs))
        for start in range(0, len(members), most):
            yield members[start : start + most]


def width_of(cell: Cell) -> int:
    """The trained features of a solved cell, a bias among them."""
    data = cell.dataset
    return cell.architecture.parameters(data.shape, data.outputs) // data.outputs


def inputs_of(part: Part, device: str) -> Tensor:
    """The inputs of a part on a device, (n, inputs) float64."""
    return torch.from_numpy(part.taken()).to(device, torch.float64)


def _network(cell: Cell, device: str) -> nn.Sequential:
    data, architecture = cell.dataset, cell.architecture
    network = architecture.build(data.shape, data.outputs).to(torch.float64)
    assert isinstance(network, nn.Sequential), "a network linear in its parameters is a sequence"
    architecture.initialize(network, Draws(cell.seed.init, "init"))
    return network.to(device)


def _strength(cell: Cell) -> float:
    return sum(term.strength for term in cell.regularizer if isinstance(term, L2))
