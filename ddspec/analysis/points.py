"""Values at design points in lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import xarray as xr


def point_lines(
    data: xr.Dataset, sentence: Callable[[dict[str, Any]], str], dims: tuple[str, ...] | None = None
) -> Iterator[str]:
    """`width = 12, reg = none: SENTENCE` for every point of `dims`, all of the data's by default.

    sentence: from the values of the data's variables at the point to words.
    """
    over = tuple(map(str, data.dims)) if dims is None else dims
    for place in np.ndindex(*(data.sizes[name] for name in over)):
        point = data.isel(dict(zip(over, place, strict=True)))
        values = {str(name): point[name].values[()] for name in data.data_vars}
        where = ", ".join(f"{name} = {label(point[name].values[()])}" for name in over)
        yield f"{where}: {sentence(values)}" if where else sentence(values)


def label(value: object) -> str:
    """A coordinate or number as read aloud: `4000`, `0.15`, `decay + drop`."""
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)
