"""Solved cells: the exact minimizer of the squared error, one factorization for many cells.

The objective is that of training with `mse` and `l2`: the mean over samples and outputs of the
squared error, plus (strength / 2) |w|^2 over all trained weights, a bias among them. Without `l2`
it is the minimizer of least norm.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs
import numpy as np
import torch
from torch import Tensor, nn

from ddspec.plan.batch import Batch
from ddspec.plan.cell import Cell
from ddspec.training.readings import kept, storable
from ddspec.training.record import Record
from ddspec.training.selection import Part, Selection, select
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Dataset, Measure
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.regularizers.l2 import L2

EVALUATED = 1 << 24  # numbers of a design matrix made at once in evaluation


@attrs.frozen(eq=False)
class Design:
    """A design matrix A, (n, p), by its singular vectors: A = left diag(values) right^T.

    Singular values up to max(n, p) eps values[0] count as zero, eps = 2.2e-16: they are rounding.
    """

    left: Tensor
    values: Tensor
    right: Tensor

    @classmethod
    def of(cls, matrix: Tensor) -> Design:
        """The factors of a float64 matrix."""
        if matrix.shape[1] > matrix.shape[0]:  # a wide one is first made square: much faster
            basis, triangle = torch.linalg.qr(matrix.mT)
            left, values, right = torch.linalg.svd(triangle.mT)
            right = right @ basis.mT
        else:
            left, values, right = torch.linalg.svd(matrix, full_matrices=False)
        least = max(matrix.shape) * torch.finfo(matrix.dtype).eps * values[:1]
        rank = int((values > least).sum())
        return cls(left[:, :rank], values[:rank], right[:rank].mT)

    def solve(self, targets: Tensor, shift: Tensor | float = 0.0) -> Tensor:
        """W, (p, k), minimizing |A W - targets|^2 + shift |W|^2; of least norm when shift is 0.

        targets: (n, k). shift: one number, or one a column of `targets`.
        """
        filtered = self.values[:, None] / (self.values[:, None].square() + shift)
        return self.right @ (filtered * (self.left.mT @ targets))


def solve_cells(
    batch: Batch, pools: Callable[[Dataset, int], Pool], device: str = "cpu"
) -> tuple[Record, ...]:
    """The records of solved cells, in the batch's order; readings are at the solution."""
    records: dict[str, Record] = {}
    moved = _Tests(device)
    for cells in _by_design(batch.cells):
        began = time.perf_counter()
        solved = [*_solve_group(cells, pools, batch.measures, moved)]
        seconds = (time.perf_counter() - began) / len(cells)
        for cell, series in zip(cells, solved, strict=True):
            records[cell.id] = _record(cell, series, seconds)
    return tuple(records[cell.id] for cell in batch.cells)


def weights_of(
    cells: Sequence[Cell], selections: Sequence[Selection], device: str = "cpu"
) -> tuple[nn.Sequential, list[Tensor]]:
    """The network and the solved weights, (p, outputs) float64 each, of cells of one design."""
    first = cells[0]
    network = _network(first, device)
    design = Design.of(features(network, _inputs(selections[0].train, device)))
    targets = [_targets(s.train, first.dataset, device) for s in selections]
    outputs = first.dataset.outputs
    factor = len(selections[0].train) * outputs / 2  # of the mean over samples and outputs
    shifts = [factor * _strength(cell) for cell in cells for _ in range(outputs)]
    shift = torch.tensor(shifts, dtype=torch.float64, device=device)
    solved = design.solve(torch.cat(targets, dim=1), shift)
    return network, list(solved.reshape(-1, len(cells), outputs).unbind(1))


def features(network: nn.Sequential, inputs: Tensor) -> Tensor:
    """The design matrix, (n, p): what the last layer, the trained one, is linear in."""
    with torch.no_grad():
        made = inputs
        for layer in list(network)[:-1]:
            made = layer(made)
    last = network[-1]
    assert isinstance(last, nn.Linear), (
        "a network linear in its parameters ends in its linear layer"
    )
    if "bias" in dict(last.named_parameters()):
        made = torch.cat([made, torch.ones_like(made[:, :1])], dim=1)
    return made


@attrs.define(eq=False)
class _Tests:
    """Test inputs on the device: those of one pool are moved once for all designs."""

    device: str
    _array: np.ndarray | None = None
    _tensor: Tensor | None = None

    def of(self, part: Part) -> Tensor:
        """The inputs of a test part; all cells of a pool are tested on the same rows."""
        if self._tensor is None or self._array is not part.inputs:
            self._array, self._tensor = part.inputs, _inputs(part, self.device)
        return self._tensor


def _solve_group(
    cells: Sequence[Cell],
    pools: Callable[[Dataset, int], Pool],
    measures: Mapping[str, Measure],
    tests: _Tests,
) -> Iterator[dict[str, float]]:
    pool, device = pools(cells[0].dataset, cells[0].seed.data), tests.device
    selections = [select(cell, pool) for cell in cells]
    network, weights = weights_of(cells, selections, device)
    risks: list[dict[str, float]] = [{} for _ in cells]
    for part in ("train", "validation", "test"):
        parts = [getattr(selection, part) for selection in selections]
        if not len(parts[0]):
            continue
        inputs = tests.of(parts[0]) if part == "test" else _inputs(parts[0], device)
        for risk, found in zip(risks, _risks(network, weights, parts, inputs), strict=True):
            risk.update({f"{part}_{name}": value for name, value in found.items()})
    for risk, weight in zip(risks, weights, strict=True):
        values = {name: float(m.value({"weight": weight})) for name, m in measures.items()}
        yield risk | values


def _risks(
    network: nn.Sequential, weights: list[Tensor], parts: list[Part], inputs: Tensor
) -> Iterator[dict[str, float]]:
    """Mean loss and, with classes, error of each cell on its part; inputs are shared."""
    stacked = torch.cat(weights, dim=1)
    outputs = weights[0].shape[1]
    rows = max(1, EVALUATED // max(stacked.shape))
    chunks = (inputs[start : start + rows] for start in range(0, len(inputs), rows))
    predicted = torch.cat([features(network, chunk) @ stacked for chunk in chunks])
    guesses = predicted.reshape(-1, len(parts), outputs).unbind(1)
    for part, guess in zip(parts, guesses, strict=True):
        targets = torch.from_numpy(part.targets).to(inputs.device)
        risk = {"loss": float(Mse().each(guess, targets).mean())}
        if not targets.is_floating_point():
            risk["error"] = float((guess.argmax(dim=1) != targets).double().mean())
        yield risk


def _network(cell: Cell, device: str) -> nn.Sequential:
    data, architecture = cell.dataset, cell.architecture
    network = architecture.build(data.shape, data.outputs).to(torch.float64)
    assert isinstance(network, nn.Sequential), "a network linear in its parameters is a sequence"
    architecture.initialize(network, Draws(cell.seed.init, "init"))
    return network.to(device)


def _inputs(part: Part, device: str) -> Tensor:
    return torch.from_numpy(part.taken()).to(device, torch.float64)


def _targets(part: Part, data: Dataset, device: str) -> Tensor:
    targets = torch.from_numpy(part.targets).to(device)
    if data.classes is None:
        return targets.to(torch.float64)[:, None]
    return nn.functional.one_hot(targets, data.classes).to(torch.float64)


def _strength(cell: Cell) -> float:
    return sum(term.strength for term in cell.regularizer if isinstance(term, L2))


def _by_design(cells: Iterable[Cell]) -> list[list[Cell]]:
    groups: dict[object, list[Cell]] = {}
    for cell in cells:
        data = cell.dataset
        init = cell.seed.init if cell.architecture.random else 0
        size = (data.samples, data.validation)
        key = (data.pool_key(), size, cell.seed.data, cell.architecture, init)
        groups.setdefault(key, []).append(cell)
    return [*groups.values()]


def _record(cell: Cell, series: Mapping[str, float], seconds: float) -> Record:
    data = cell.dataset
    finite = all(storable(value) for name, value in series.items() if name.endswith("_loss"))
    return Record(
        cell=cell.id,
        status="done" if finite else "diverged",
        unit="",
        points=np.zeros(1, np.int32),
        series={name: kept([value]) for name, value in series.items()},
        parameters=cell.architecture.parameters(data.shape, data.outputs, cell.regularizer),
        stop=0,
        seconds=seconds,
    )
