"""Stored cells to arrays: what each cell of a plan was read to be, at the asked-for points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import numpy as np

from ddspec.plan.plan import Plan
from ddspec.results.held import Held, Stored
from ddspec.results.store import Store
from ddspec.spec.model import Trajectory

STATUS: Final = ("missing", "done", "diverged", "failed", "stopped", "excluded")
MISSING, DONE, DIVERGED, FAILED, STOPPED, EXCLUDED = range(len(STATUS))


@attrs.frozen(eq=False)
class Readings:
    """What became of a plan's cells, in plan order.

    status: (cells,) int8, positions in STATUS. stop: (cells,) int32, epochs or steps trained.
    seconds: (cells,) float32. workers: what trained them, each once. ends: some quantities at the
    end of each run, (cells,) float64. A run that stopped early ends at its last reading; NaN for a
    cell without a usable end.
    """

    status: np.ndarray
    stop: np.ndarray
    seconds: np.ndarray
    workers: tuple[str, ...]
    ends: Mapping[str, np.ndarray]

    def last(self, name: str) -> np.ndarray:
        """A quantity at the end of each run, (cells,) float64."""
        return self.ends[name]


def gather(plan: Plan, store: Store, names: Sequence[str], ends: Sequence[str] = ()) -> Readings:
    """What became of a plan's cells, and the quantities `ends` at the end of their runs.

    A cell counts as done only when it has a reading, of one of `names`, at the plan's points.
    """
    number = {cell: n for n, cell in enumerate(plan.ids)}
    status = np.full(len(plan), MISSING, np.int8)
    stop = np.zeros(len(plan), np.int32)
    seconds = np.full(len(plan), np.nan, np.float32)
    found = {name: np.full(len(plan), np.nan) for name in ends}
    workers = set()
    layout_of = _Layouts(plan.experiment.trajectory, names)
    for cell, held in store.each(number):
        n, layout = number[cell], layout_of(held)
        status[n] = _status(held.status, layout)
        stop[n] = held.stop
        seconds[n] = held.seconds
        workers.add(held.worker)
    if ends:
        lasting = _Layouts(plan.experiment.trajectory, ends)
        for stored in store.read(number):
            n, layout = number[stored.cell], lasting(stored)
            for name, value in zip(ends, _ends(stored, layout, status[n]), strict=True):
                found[name][n] = value
    return Readings(status, stop, seconds, tuple(sorted(workers - {""})), found)


def values_of(plan: Plan, store: Store, names: Sequence[str], cells: np.ndarray) -> np.ndarray:
    """The stored readings of the cells of the numbers `cells` at the plan's points: (cells, names,
    points) float32, NaN where there is none; one point when only the end was asked for.
    """
    trajectory = plan.experiment.trajectory
    place = {plan.ids[number]: n for n, number in enumerate(cells.tolist())}
    values = np.full((len(cells), len(names), max(len(trajectory.points), 1)), np.nan, np.float32)
    layout_of = _Layouts(trajectory, names)
    for stored in store.read(place):
        n, layout = place[stored.cell], layout_of(stored)
        if layout.whole:
            values[n] = stored.values
        elif layout.any:
            values[n][layout.to] = stored.values[layout.of]
    return values


def arrays_of(
    plan: Plan, store: Store, name: str, shape: tuple[int, ...], cells: np.ndarray
) -> np.ndarray:
    """As `values_of`, of one quantity that is an array of `shape`: (cells, points, *shape)."""
    trajectory = plan.experiment.trajectory
    place = {plan.ids[number]: n for n, number in enumerate(cells.tolist())}
    values = np.full((len(cells), max(len(trajectory.points), 1), *shape), np.nan, np.float32)
    layout_of = _Layouts(trajectory, ())
    for stored in store.read(place):
        if stored.arrays.get(name) == shape:
            layout = layout_of(stored)
            values[place[stored.cell], layout.places] = stored.array(name)[layout.columns]
    return values


def _ends(stored: Stored, layout: _Layout, status: int) -> np.ndarray:
    """The readings of a run at its end, (names,)."""
    series = np.full(layout.shape, np.nan)
    if status not in (DONE, STOPPED):
        return series[:, -1]
    if layout.any:
        series[layout.to] = stored.values[layout.of]
    if status == DONE:
        return series[:, -1]
    read = np.isfinite(series)
    place = series.shape[1] - 1 - np.argmax(read[:, ::-1], axis=1)
    return np.asarray(series[np.arange(len(series)), place])


@attrs.frozen(eq=False)
class _Layout:
    """Which stored readings (`of`: rows, columns) go where (`to`: rows, places) in (names, points),
    the `shape`.
    """

    shape: tuple[int, int]
    of: tuple[np.ndarray, ...]
    to: tuple[np.ndarray, ...]
    columns: list[int]
    places: list[int]
    whole: bool
    any: bool


class _Layouts:
    """The layout of a cell for a trajectory and names, worked out once for cells read alike."""

    def __init__(self, trajectory: Trajectory, names: Sequence[str]) -> None:
        self._trajectory = trajectory
        self._names = tuple(names)
        self._known: dict[tuple[object, ...], _Layout] = {}

    def __call__(self, cell: Held | Stored) -> _Layout:
        stop = cell.stop if cell.status == "done" else None
        alike = (cell.unit, cell.names, cell.points.tobytes(), stop)
        if alike not in self._known:
            self._known[alike] = _layout(cell, self._trajectory, self._names)
        return self._known[alike]


def _layout(cell: Held | Stored, trajectory: Trajectory, names: tuple[str, ...]) -> _Layout:
    common = [name for name in names if name in cell.names]
    rows = [cell.names.index(name) for name in common]
    columns, places = _places(cell, trajectory)
    every = [*range(len(cell.points))]
    shape = (len(names), max(len(trajectory.points), 1))
    return _Layout(
        shape=shape,
        of=np.ix_(rows, columns),
        to=np.ix_([names.index(name) for name in common], places),
        columns=columns,
        places=places,
        whole=cell.names == names and columns == places == every and len(every) == shape[1],
        any=bool(rows and columns),
    )


def _places(stored: Held | Stored, trajectory: Trajectory) -> tuple[list[int], list[int]]:
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


def _ended(stored: Held | Stored) -> bool:
    """True when the last reading is of the end: a run may have been read before it only."""
    return stored.unit == "" or stored.status != "done" or stored.points[-1] == stored.stop


def _status(stored: str, layout: _Layout) -> int:
    if stored == "done" and not layout.any:
        return MISSING
    return STATUS.index(stored)
