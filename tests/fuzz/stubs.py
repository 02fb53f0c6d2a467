"""Readings without training: what a cell is read to be follows from its id alone."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import numpy as np

from ddspec.plan.batch import Batch
from ddspec.training.record import Record


def reading(cell: str, name: str, point: int, size: int = 1) -> np.ndarray:
    """What a quantity of a cell is at a point: (size,) float32 in [0, 1)."""
    digest = hashlib.sha256(f"{cell} {name} {point}".encode()).digest()
    return np.random.default_rng(list(digest)).random(size, np.float32)


def fit(batch: Batch, *_: object) -> tuple[Record, ...]:
    """The records of a batch, of made-up readings."""
    return tuple(_record(batch, cell) for cell in batch.cells)


def _record(batch: Batch, cell: object) -> Record:
    solved = "gradient" not in cell.train.traits
    stop = 1 if solved else _length(batch, cell)
    points = [0] if solved else list(batch.points) or [stop]
    splits = ("train", "test", *(("validation",) if cell.dataset.validation else ()))
    risks = ("loss", "error") if cell.dataset.classes else ("loss",)
    shapes = {f"{split}_{risk}": () for split in splits for risk in risks}
    shapes |= {key: each.shape(cell.dataset.outputs) for key, each in batch.measures.items()}
    return Record(
        cell=cell.id,
        status="done",
        unit="" if solved else batch.unit,
        points=np.asarray(points, np.int32),
        series={name: series(cell.id, name, points, shape) for name, shape in shapes.items()},
        parameters=7,
        stop=stop,
        seconds=0.5,
    )


def series(cell: str, name: str, points: list[int], shape: tuple[int, ...] = ()) -> np.ndarray:
    """The readings of a quantity, (points, *shape) float32."""
    size = int(np.prod(shape, dtype=int))
    found = np.stack([reading(cell, name, point, size) for point in points])
    return found.reshape((len(points), *shape))


def _length(batch: Batch, cell: object) -> int:
    steps = cell.train.duration.steps(1)
    if batch.unit == "steps":
        return steps
    per_epoch = -(-cell.dataset.samples // min(cell.train.batch, cell.dataset.samples))
    return max(batch.points, default=-(-steps // per_epoch))


@contextmanager
def pretended() -> Iterator[None]:
    """Inside, cells train at once."""
    with (
        mock.patch("ddspec.training.fit.fit", fit),
        mock.patch("ddspec.execution.execute.load_shared", return_value={}),
    ):
        yield
