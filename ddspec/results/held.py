"""What a store says of a cell: in short to plan by, in full to assemble from."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np


@attrs.frozen(eq=False)
class Held:
    """One stored cell without its readings.

    points: (r,) int32, where its run was read, in `unit` (empty for solved cells); names: the
    recorded quantities. stop: epochs or steps trained. attempt: 1 for a cell trained once.
    """

    status: str
    unit: str
    points: np.ndarray
    names: tuple[str, ...]
    stop: int
    seconds: float
    attempt: int


@attrs.frozen(eq=False, slots=False)
class Stored:
    """One stored cell with its readings, decoded when they are asked for.

    `names` and `points` are shared between cells that were read alike.
    """

    cell: str
    status: str
    unit: str
    points: np.ndarray
    names: tuple[str, ...]
    parameters: int
    stop: int
    seconds: float
    worker: str
    error: str
    series: bytes

    @cached_property
    def values(self) -> np.ndarray:
        """The readings, (names, points) float32; NaN where nothing was recorded."""
        shape = (len(self.names), len(self.points))
        return np.frombuffer(self.series, "<f4").reshape(shape)
