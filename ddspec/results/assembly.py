"""A dataset before it is one: what fits in memory, and how the rest is read in slabs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np
import xarray as xr

SLAB: Final = 2**24  # bytes read at once, about
CHUNK: Final = 2**20  # bytes a chunk may grow to beyond the plane that is always one read
PLANE: Final = 2**22  # bytes of a plane that is still one read
TRAJECTORY: Final = ("epochs", "steps")

Block = tuple[slice, ...]


@attrs.frozen(eq=False)
class Part:
    """Variables of one shape that are read together.

    sizes: the dimensions with their lengths, the first `grid` of them those of the grid, in which
    blocks lie. about: their attributes by name. read: a block's values by name, whole along the
    other dimensions; None where no cell is. weight: bytes in memory for a point of the grid.
    """

    sizes: Mapping[str, int]
    grid: int
    about: Mapping[str, Mapping[str, Any]]
    read: Callable[[Block], Mapping[str, np.ndarray] | None]
    weight: int

    def chunks(self, replicates: Sequence[str]) -> tuple[int, ...]:
        """The chunks in which the variables lie in a file."""
        return chunks_of(self.sizes, 4, replicates)

    def blocks(self, chunks: Sequence[int]) -> Iterator[Block]:
        """The grid in blocks that are whole chunks, as many as SLAB holds, or parts of a chunk."""
        whole = list(self.sizes.values())[: self.grid]
        extent = list(chunks[: self.grid])
        while (size := self.weight * int(np.prod(extent, dtype=np.int64))) > SLAB:
            if (most := max(extent, default=1)) == 1:
                break
            extent[extent.index(most)] = -(-most // 2)
        for place in reversed(range(self.grid)):
            times = min(max(SLAB // size, 1), -(-whole[place] // extent[place]))
            extent[place] = min(extent[place] * times, whole[place])
            size *= times
        ranges = [range(0, n, step) for n, step in zip(whole, extent, strict=True)]
        for starts in itertools.product(*ranges):
            yield tuple(
                slice(start, min(start + step, n))
                for start, step, n in zip(starts, extent, whole, strict=True)
            )


@attrs.frozen(eq=False)
class Assembly:
    """A dataset: `frame` has all of it but for the variables of `parts`.

    chosen: True where it shows the chosen ones of several candidates.
    """

    frame: xr.Dataset
    parts: tuple[Part, ...]
    chosen: bool = False

    def load(self) -> xr.Dataset:
        """The dataset in memory."""
        found = {}
        for part in self.parts:
            shape = tuple(part.sizes.values())
            made = {name: np.full(shape, np.nan, np.float32) for name in part.about}
            for block in part.blocks(part.chunks(())):
                for name, values in (part.read(block) or {}).items():
                    made[name][block] = values
            for name, values in made.items():
                found[name] = (tuple(part.sizes), values, dict(part.about[name]))
        small = dict(self.frame.data_vars)
        return self.frame.drop_vars(list(small)).assign(found).assign(small)


def chunks_of(
    sizes: Mapping[str, int], itemsize: int, replicates: Sequence[str]
) -> tuple[int, ...]:
    """Sizes of a variable's chunks: the plane of the first design axis x epochs in one read.

    A chunk holds that plane, or as much of it as PLANE bytes, then the replicates, then the later
    design axes, as long as it stays under CHUNK bytes; one cell a chunk would make files of many
    times the size.
    """
    plane = [d for d in ("width", *sizes) if d in sizes][:1]
    plane += [d for d in TRAJECTORY if d in sizes and d not in plane]
    rest = sorted(
        (d for d in reversed(list(sizes)) if d not in plane),
        key=lambda name: name not in replicates,
    )
    found = {d: n if d in plane else 1 for d, n in sizes.items()}
    count = int(np.prod(list(found.values()), dtype=np.int64)) * itemsize
    if count > PLANE:
        found[plane[0]] = max(PLANE * found[plane[0]] // count, 1)
        return tuple(found.values())
    for name in rest:
        count *= sizes[name]
        if count > CHUNK:
            break
        found[name] = sizes[name]
    return tuple(found.values())
