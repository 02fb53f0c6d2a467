"""Stored cells to arrays: what each cell of a plan was read to be, at the asked-for points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import numpy as np

from ddspec.plan.plan import Plan
from ddspec.results.held import Stored
from ddspec.results.store import Store
from ddspec.spec.model import Trajectory

STATUS: Final = ("missing", "done", "diverged", "failed", "stopped", "excluded")
NOTHING: Final[Mapping[str, tuple[int, ...]]] = {}
MISSING, DONE, DIVERGED, FAILED, STOPPED, EXCLUDED = range(len(STATUS))


@attrs.frozen(eq=False)
class Readings:
    """The readings of a plan's cells, in plan order.

    values: (cells, names, points) float32, NaN where there is none; one point when only the end
    was asked for. arrays: by name, (cells, points, *shape) float32. status: (cells,) int8,
    positions in STATUS. stop: (cells,) int32, epochs or steps trained. seconds: (cells,) float32.
    workers: what trained them, each once.
    """

    names: tuple[str, ...]
    values: np.ndarray
    arrays: Mapping[str, np.ndarray]
    status: np.ndarray
    stop: np.ndarray
    seconds: np.ndarray
    workers: tuple[str, ...]

    def last(self, name: str) -> np.ndarray:
        """A quantity at the end of each run, (cells,) float64.

        A run that stopped early ends at its last reading; NaN for a cell without a usable end.
        """
        series = self.values[:, self.names.index(name)].astype(np.float64)
        read = np.isfinite(series)
        place = series.shape[1] - 1 - np.argmax(read[:, ::-1], axis=1)
        place[self.status != STOPPED] = -1
        ends = series[np.arange(len(series)), place]
        return np.where(np.isin(self.status, (DONE, STOPPED)), ends, np.nan)


def gather(
    plan: Plan, store: Store, names: Sequence[str], shapes: Mapping[str, tuple[int, ...]] = NOTHING
) -> Readings:
    """The stored readings of a plan's cells at the plan's points: the quantities `names`, and those
    that are arrays, of `shapes`.

    A cell counts as done only when it has a reading that is asked for here.
    """
    trajectory = plan.experiment.trajectory
    number = {cell: n for n, cell in enumerate(plan.ids)}
    points = max(len(trajectory.points), 1)
    values = np.full((len(plan), len(names), points), np.nan, np.float32)
    arrays = {
        name: np.full((len(plan), points, *shape), np.nan, np.float32)
        for name, shape in shapes.items()
    }
    status = np.full(len(plan), MISSING, np.int8)
    stop = np.zeros(len(plan), np.int32)
    seconds = np.full(len(plan), np.nan, np.float32)
    workers = set()
    layouts: dict[tuple[object, ...], _Layout] = {}
    for stored in store.read(number):
        alike = (stored.unit, stored.names, stored.points.tobytes())
        if alike not in layouts:
            layouts[alike] = _layout(stored, trajectory, names)
        n, layout = number[stored.cell], layouts[alike]
        if layout.whole:
            values[n] = stored.values
        elif layout.any:
            values[n][layout.to] = stored.values[layout.of]
        for name in arrays.keys() & stored.arrays.keys():
            if stored.arrays[name] == shapes[name]:
                arrays[name][n, layout.places] = stored.array(name)[layout.columns]
        status[n] = _status(stored.status, layout)
        stop[n] = stored.stop
        seconds[n] = stored.seconds
        workers.add(stored.worker)
    told = tuple(sorted(workers - {""}))
    return Readings(tuple(names), values, arrays, status, stop, seconds, told)


@attrs.frozen(eq=False)
class _Layout:
    """Which stored readings (`of`: rows, columns) go where (`to`: rows, places)."""

    of: tuple[np.ndarray, ...]
    to: tuple[np.ndarray, ...]
    columns: list[int]
    places: list[int]
    whole: bool
    any: bool


def _layout(stored: Stored, trajectory: Trajectory, names: Sequence[str]) -> _Layout:
    common = [name for name in names if name in stored.names]
    rows = [stored.names.index(name) for name in common]
    columns, places = _places(stored, trajectory)
    every = [*range(len(stored.points))]
    alike = stored.names == tuple(names) and len(every) == max(len(trajectory.points), 1)
    return _Layout(
        of=np.ix_(rows, columns),
        to=np.ix_([names.index(name) for name in common], places),
        columns=columns,
        places=places,
        whole=alike and columns == places == every,
        any=bool(rows and columns),
    )


def _places(stored: Stored, trajectory: Trajectory) -> tuple[list[int], list[int]]:
    """Positions among the stored points, and among the asked-for ones, of what is in both."""
    points = stored.points.tolist()
    if not trajectory.points:
        return ([len(points) - 1], [0]) if points and _ended(stored) else ([], [])
    if stored.unit == "":  # solved at once: the same whenever it is read
        return [0] * len(trajectory.points), [*range(len(trajectory.points))]
    if stored.unit != trajectory.unit:
        return [], []
    asked = {point: place for place, point in enumerate(trajectory.points)}
    found = [(column, asked[point]) for column, point in enumerate(points) if point in asked]
    return [column for column, _ in found], [place for _, place in found]


def _ended(stored: Stored) -> bool:
    """True when the last reading is of the end: a run may have been read before it only."""
    return stored.unit == "" or stored.status != "done" or stored.points[-1] == stored.stop


def _status(stored: str, layout: _Layout) -> int:
    if stored == "done" and not layout.any:
        return MISSING
    return STATUS.index(stored)
