"""Estimators: cells that a library fits to all their samples at once, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import nn

from ddspec.plan.batch import Batch
from ddspec.plan.cell import Cell
from ddspec.training.design import features
from ddspec.training.family import PoolOf
from ddspec.training.readings import kept, storable
from ddspec.training.record import Record
from ddspec.training.selection import Part, Selection, select
from ddspec.training.solved import Found, Series
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.estimator import Estimator, Fitted
from ddspec.vocabulary.kinds import Architecture, Dataset, Measure
from ddspec.vocabulary.pool import Pool

NUMBERS = 1 << 24  # of features made at once in evaluation
USES = ("train", "validation", "test")


def fit_cells(batch: Batch, pools: PoolOf) -> tuple[Record, ...]:
    """The records of cells that are fitted, in the batch's order, on one thread of a processor.

    Every draw is of the cell's `init` seed: which cells are fitted together changes nothing.
    """
    return tuple(
        _record(cell, pools(cell.dataset, cell.seed.data), batch.measures) for cell in batch.cells
    )


def _record(cell: Cell, pool: Pool, measures: Mapping[str, Measure]) -> Record:
    began = time.perf_counter()
    data, estimator = cell.dataset, cell.architecture
    assert isinstance(estimator, Estimator), "a cell that is fitted has an estimator"
    selection = select(cell, pool)
    parts: Mapping[str, Part] = {use: getattr(selection, use) for use in USES}
    seen = _features(cell, estimator)
    train = parts["train"]
    fitted = estimator.fitted(
        seen(train.taken()), wanted(data, train), train.weights, Draws(cell.seed.init, "fit")
    )
    series: Series = {}
    for use in USES:
        if len(parts[use]):
            series |= _risks(use, data, estimator, _predicted(fitted, seen, parts[use]), parts[use])
    finite = all(storable(float(v)) for name, v in series.items() if name.endswith("_loss"))
    series |= _found(cell, selection, fitted, seen).measured(measures, len(parts["train"]))
    return Record(
        cell=cell.id,
        status="done" if finite else "diverged",
        unit="",
        points=np.zeros(1, np.int32),
        series={name: kept(np.asarray([value])) for name, value in series.items()},
        parameters=estimator.parameters(data.shape, data.outputs, cell.regularizer),
        stop=0,
        seconds=time.perf_counter() - began,
    )


Seen = Callable[[np.ndarray], np.ndarray]


def _found(cell: Cell, selection: Selection, fitted: Fitted, seen: Seen) -> Found:
    """The fitted cell as measures are shown it."""
    estimator = cell.architecture
    assert isinstance(estimator, Estimator)

    def passed(_: Mapping[str, torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(fitted.outputs(seen(inputs.numpy())))

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        hot = one_hot(cell.dataset, targets.numpy())
        return torch.from_numpy(estimator.losses(outputs.numpy(), hot))

    weights = {name: torch.from_numpy(w).mT for name, w in fitted.weights.items()}
    return Found(cell, selection, weights, passed, loss)


def _features(cell: Cell, estimator: Estimator) -> Seen:
    """What the estimator is given of samples, (n, ...) float64: themselves, or features of them."""
    if estimator.basis is None:
        return lambda inputs: np.asarray(inputs, np.float64)
    network = _network(estimator.basis, cell)

    def made(inputs: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return features(network, torch.from_numpy(inputs).to(torch.float64)).numpy()

    return made


def _network(basis: Architecture, cell: Cell) -> nn.Sequential:
    data = cell.dataset
    network = basis.build(data.shape, data.outputs).to(torch.float64)
    assert isinstance(network, nn.Sequential), "a network linear in its parameters is a sequence"
    basis.initialize(network, Draws(cell.seed.init, "init"))
    return network


def wanted(data: Dataset, part: Part) -> np.ndarray:
    """What should be put out, (n, outputs) float64; classes are one-hot."""
    return one_hot(data, part.targets)


def one_hot(data: Dataset, targets: np.ndarray) -> np.ndarray:
    """Targets as what should be put out, (n, outputs) float64."""
    if np.issubdtype(targets.dtype, np.floating):
        return np.asarray(targets, np.float64).reshape(len(targets), -1)
    return np.asarray(np.eye(data.outputs)[targets])


def _predicted(fitted: Fitted, seen: Seen, part: Part) -> np.ndarray:
    """The outputs, (n, outputs), of a part, a few samples at a time."""
    return np.concatenate([fitted.outputs(seen(rows)) for rows in _chunks(part)])


def _chunks(part: Part) -> Iterator[np.ndarray]:
    size = max(1, NUMBERS // max(part.inputs.shape[1], 1))
    for start in range(0, len(part), size):
        yield part.taken(slice(start, start + size))


def _risks(
    use: str, data: Dataset, estimator: Estimator, outputs: np.ndarray, part: Part
) -> dict[str, float]:
    """Mean loss and error of a part, samples counting what they count."""
    targets = wanted(data, part)
    found = {f"{use}_loss": np.average(estimator.losses(outputs, targets), weights=part.weights)}
    if data.classes is not None:
        wrong = outputs.argmax(axis=1) != targets.argmax(axis=1)
        found[f"{use}_error"] = np.average(wrong, weights=part.weights)
    return {name: float(value) for name, value in found.items()}
