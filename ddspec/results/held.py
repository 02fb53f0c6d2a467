"""What a store says of a cell: in short to plan by, in full to assemble from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import attrs
import numpy as np

from ddspec.plan.code import Code


@attrs.frozen
class Origin:
    """Where a cell's readings come from.

    code: fingerprints of the code of its words. kin: its id without versions of words, the same for
    the cells of one meaning before and after a word changed. Both empty when not known.
    """

    code: str = ""
    kin: str = ""

    def differs(self, other: Origin) -> bool:
        """True when a word is known to have changed between the two."""
        if self.code == other.code or not self.code or not other.code:
            return False
        return Code.parse(self.code).differs(Code.parse(other.code))

    def beside(self, other: Origin) -> Origin:
        """The origin of readings that are taken from both."""
        if self.code == other.code or not self.code or not other.code:
            return self
        return Origin(str(Code.parse(self.code) | Code.parse(other.code)), self.kin)


@attrs.frozen(eq=False)
class Held:
    """One stored cell without its readings.

    points: (r,) int32, where its run was read, in `unit` (empty for solved cells); names: the
    recorded quantities. stop: epochs or steps trained. attempt: 1 for a cell trained once.
    cause: of a failed cell. way: how its steps were taken. digest: 16 bytes, equal for equal
    readings; empty for a store of an older format.
    """

    status: str
    unit: str
    points: np.ndarray
    names: tuple[str, ...]
    stop: int
    seconds: float
    attempt: int
    cause: str = ""
    way: str = ""
    worker: str = ""
    origin: Origin = Origin()
    digest: bytes = b""


@attrs.frozen(eq=False, slots=False)
class Stored:
    """One stored cell with its readings, decoded when they are asked for.

    `names`, of quantities that are one number a reading, `arrays`, of the others with their shapes,
    and `points` are shared between cells that were read alike.
    """

    cell: str
    status: str
    unit: str
    points: np.ndarray
    names: tuple[str, ...]
    arrays: Mapping[str, tuple[int, ...]]
    parameters: int
    stop: int
    seconds: float
    worker: str
    error: str
    cause: str
    way: str
    origin: Origin
    digest: bytes
    series: bytes

    @cached_property
    def values(self) -> np.ndarray:
        """The readings, (names, points) float32; NaN where nothing was recorded."""
        shape = (len(self.names), len(self.points))
        return np.frombuffer(self.series, "<f4", math.prod(shape)).reshape(shape)

    @property
    def numbers(self) -> int:
        """How many numbers its readings should be."""
        sizes = sum(math.prod(shape) for shape in self.arrays.values())
        return len(self.points) * (len(self.names) + sizes)

    def array(self, name: str) -> np.ndarray:
        """The readings of a quantity that is an array, (points, *its shape) float32."""
        offset = 4 * len(self.names) * len(self.points)
        for other, shape in self.arrays.items():
            count = len(self.points) * math.prod(shape)
            if other == name:
                found = np.frombuffer(self.series, "<f4", count, offset)
                return found.reshape((len(self.points), *shape))
            offset += 4 * count
        raise KeyError(name)
