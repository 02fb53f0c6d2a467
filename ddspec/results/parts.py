"""The large variables of a dataset: read from the store block by block of the grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import attrs
import numpy as np

from ddspec.plan.plan import Plan
from ddspec.results.assembly import Block, Part
from ddspec.results.meaning import describe, inner_dims, shapes, stored_names
from ddspec.results.readings import arrays_of, values_of
from ddspec.results.store import Store
from ddspec.results.tuning import Tuned
from ddspec.vocabulary.kinds import Measure
from ddspec.vocabulary.measure import Across


def parts(plan: Plan, store: Store, grid: Tuned) -> tuple[Part, ...]:
    """The recorded quantities of an experiment, those of one number for a reading together."""
    return tuple(_Parts(plan, store, grid).all())


@attrs.frozen(eq=False)
class _Parts:
    plan: Plan
    store: Store
    grid: Tuned

    def all(self) -> Iterator[Part]:
        experiment, sizes = self.plan.experiment, shapes(self.plan)
        stored = stored_names(self.plan)
        yield self.numbers({n: key for n, key in stored.items() if key not in sizes})
        for name, key in stored.items():
            if key in sizes:
                measure = experiment.measures[name]
                if isinstance(measure, Across):
                    yield self.compared(name, measure, sizes[key])
                else:
                    yield self.array(name, measure, sizes[key])

    @property
    def dims(self) -> dict[str, int]:
        """The grid."""
        return {axis.name: len(axis) for axis in self.grid.axes}

    @property
    def along(self) -> dict[str, int]:
        """The trajectory, where runs are read along the way."""
        trajectory = self.plan.experiment.trajectory
        return {trajectory.unit: len(trajectory.points)} if trajectory.points else {}

    @property
    def points(self) -> int:
        """Readings of a run."""
        return max(len(self.plan.experiment.trajectory.points), 1)

    def about(self, *names: str) -> dict[str, Mapping[str, object]]:
        return {name: describe(name, self.plan.experiment) for name in names}

    def numbers(self, stored: Mapping[str, str]) -> Part:
        """Quantities that are one number for a reading: name -> what it is stored under."""
        names = sorted(set(stored.values()))

        def read(block: Block) -> Mapping[str, np.ndarray] | None:
            found = _laid(
                self.grid.index[block],
                lambda cells: values_of(self.plan, self.store, names, cells),
            )
            if found is None:
                return None
            whole = found if self.along else found[..., 0]
            grid = found.ndim - 2
            return {n: whole.take(names.index(key), axis=grid) for n, key in stored.items()}

        weight = 4 * len(names) * self.points
        return Part(self.dims | self.along, len(self.dims), self.about(*stored), read, weight)

    def array(self, name: str, measure: Measure, shape: tuple[int, ...]) -> Part:
        """A quantity that is an array for a reading."""
        inner = dict(zip(inner_dims(self.plan, measure), shape, strict=True))

        def read(block: Block) -> Mapping[str, np.ndarray] | None:
            found = _laid(self.grid.index[block], self._arrays(measure, shape))
            if found is None:
                return None
            return {name: found if self.along else found.take(0, axis=len(self.dims))}

        sizes, weight = self.dims | self.along | inner, 4 * self.points * math.prod(shape)
        return Part(sizes, len(self.dims), self.about(name), read, weight)

    def compared(self, name: str, measure: Across, shape: tuple[int, ...]) -> Part:
        """A measure across cells from what was recorded of each: of those along its axis that have
        a finite reading, where there are two at least.
        """
        place = list(self.dims).index(measure.along)
        others = {n: size for n, size in self.dims.items() if n != measure.along}

        def read(block: Block) -> Mapping[str, np.ndarray] | None:
            there = (*block[:place], slice(None), *block[place:])
            index = np.moveaxis(self.grid.index[there], place, -1)
            found = _laid(index, self._arrays(measure, shape))
            if found is None:
                return None
            made = _compared(measure, found, index.ndim)
            return {name: made if self.along else made[..., 0]}

        weight = 4 * self.points * math.prod(shape) * self.dims[measure.along]
        return Part(others | self.along, len(others), self.about(name), read, weight)

    def _arrays(
        self, measure: Measure, shape: tuple[int, ...]
    ) -> Callable[[np.ndarray], np.ndarray]:
        key = measure.recorded.key
        return lambda cells: arrays_of(self.plan, self.store, key, shape, cells)


def _compared(measure: Across, values: np.ndarray, grid: int) -> np.ndarray:
    """(others, points) from (others, along, points, *shape), whose first `grid` are of the grid."""
    found = np.full((*values.shape[: grid - 1], values.shape[grid]), np.nan, np.float32)
    finite = np.isfinite(values).all(axis=tuple(range(grid + 1, values.ndim)))
    for where in np.ndindex(*found.shape):
        *other, point = where
        there = finite[(*other, slice(None), point)]
        if there.sum() > 1:
            found[where] = measure.across(values[(*other, there, point)])
    return found


def _laid(index: np.ndarray, read: Callable[[np.ndarray], np.ndarray]) -> np.ndarray | None:
    """What `read` gives of the cells of a block, at their grid points; None without a cell."""
    index = np.asarray(index)
    cells, places = np.unique(index, return_inverse=True)
    absent = int((cells < 0).sum())
    if absent == len(cells):
        return None
    return spread(read(cells[absent:]), places.reshape(index.shape) - absent)


def spread(values: np.ndarray, index: np.ndarray, empty: float = np.nan) -> np.ndarray:
    """Values of cells, (cells, ...), at their grid points; `empty` where there is no cell."""
    if not len(values):
        return np.full((*index.shape, *values.shape[1:]), empty, values.dtype)
    if len(values) == index.size and (index.reshape(-1) == np.arange(index.size)).all():
        return values.reshape((*index.shape, *values.shape[1:]))
    laid: np.ndarray = values[np.maximum(index, 0)]
    laid[index < 0] = empty
    return laid
