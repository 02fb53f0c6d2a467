"""Records to rows of `cells.sqlite`: how readings lie in a row, and their checksum."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ddspec.results.held import Origin
from ddspec.training.record import Record

STATUSES: Final = frozenset(("done", "diverged", "failed", "stopped"))
UNITS: Final = frozenset(("epochs", "steps", ""))
MOST_DIGITS: Final = 12  # of the extent of an array
FIRST_MEASURE: Final = "weight_norm@1()"
COLUMNS: Final = (
    "id, status, cause, unit, stop, seconds, attempt, parameters, names, points, digest, way, code,"
    " kin, worker, created, error"
)


def row_of(
    record: Record, origin: Origin, created: str, attempt: int
) -> tuple[tuple[Any, ...], bytes]:
    """What the table `cells` holds of a record, in the order of COLUMNS, and its readings."""
    series = {name: np.asarray(values) for name, values in record.series.items()}
    order = sorted(series, key=lambda name: (series[name].ndim > 1, name))
    names = " ".join(map(_named, order, (series[name].shape[1:] for name in order)))
    points = np.ascontiguousarray(record.points, "<i4").tobytes()
    readings = b"".join(np.ascontiguousarray(series[name], "<f4").tobytes() for name in order)
    stop = int(record.stop)
    row = (
        record.cell,
        record.status,
        record.cause,
        record.unit,
        stop,
        float(record.seconds),
        attempt,
        int(record.parameters),
        names,
        points,
        digest_of(record.cell, record.status, record.unit, stop, names, points, readings),
        record.way,
        origin.code,
        origin.kin,
        record.worker,
        created,
        record.error,
    )
    return row, readings


def digest_of(
    cell: str, status: str, unit: str, stop: int, names: str, points: bytes, series: bytes
) -> bytes:
    """The checksum of what a cell was read to be, 16 bytes: equal for equal readings."""
    found = hashlib.blake2b(f"{cell} {status} {unit} {stop} {names}".encode(), digest_size=16)
    found.update(len(points).to_bytes(8, "little"))
    found.update(points)
    found.update(series)
    return found.digest()


def check_row(row: Sequence[Any], kinds: tuple[type, ...]) -> None:
    """Raise ValueError when a row that begins with id, status, unit and points has values that are
    not of the `kinds` they are written in, or that no cell has.
    """
    if tuple(map(type, row[: len(kinds)])) != kinds:
        raise ValueError("has values of other types than were written")
    if row[1] not in STATUSES or row[2] not in UNITS:
        raise ValueError(f"has the status {row[1][:20]!r} in {row[2][:20]!r}")
    if len(row[3]) % 4:
        raise ValueError("has lost points")


def points_of(blob: bytes) -> np.ndarray:
    """The column `points`, (r,) int32."""
    return np.frombuffer(blob, "<i4")


def names_of(text: str) -> tuple[tuple[str, ...], dict[str, tuple[int, ...]]]:
    """The column `names`: the names of numbers, and of arrays with their shapes."""
    parts = [name.partition("#") for name in text.split(" ")] if text else []
    arrays = {n: tuple(map(_extent, shape.split("x"))) for n, _, shape in parts if shape}
    return tuple(_current(name) for name, _, shape in parts if not shape), arrays


def _extent(text: str) -> int:
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise ValueError("has arrays of no shape")
    return int(text)


def length_of(text: str, points: bytes) -> int:
    """The bytes of the readings that belong to the columns `names` and `points`."""
    names, arrays = names_of(text)
    numbers = len(names) + sum(math.prod(shape) for shape in arrays.values())
    return numbers * len(points)  # 4 bytes each, as a point has


def all_names(text: str) -> tuple[str, ...]:
    """The column `names`: the names of numbers and of arrays."""
    names, arrays = names_of(text)
    return (*names, *arrays)


def _named(name: str, shape: tuple[int, ...]) -> str:
    """A quantity as the column `names` has it: `predictions@1()#100x10` for an array."""
    return f"{name}#{'x'.join(map(str, shape))}" if shape else name


def _current(name: str) -> str:
    """What a quantity is called now: measures went by a spec's names for them when there was one
    measure, `weight_norm`.
    """
    return name if name.endswith(("_loss", "_error", ")")) else FIRST_MEASURE
