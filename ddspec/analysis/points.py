"""Values at design points in lines of text."""

from __future__ import annotations

from collections import Counter
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


def ranked_lines(
    data: xr.Dataset,
    sentence: Callable[[dict[str, Any]], tuple[int, str]],
    dims: tuple[str, ...] | None = None,
) -> tuple[list[str], Counter[int]]:
    """Lines as of `point_lines`, those of low rank first, and how many there are of each rank."""
    ranks: list[int] = []

    def say(values: dict[str, Any]) -> str:
        rank, text = sentence(values)
        ranks.append(rank)
        return text

    lines = list(point_lines(data, say, dims))
    order = sorted(range(len(lines)), key=ranks.__getitem__)
    return [lines[n] for n in order], Counter(ranks)


def label(value: object) -> str:
    """A coordinate or number as read aloud: `4000`, `0.15`, `decay + drop`."""
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)


def with_places(sentence: str, some: float, places: int) -> str:
    """A sentence about a curve, and how much of its axis it is about where values are missing."""
    return f"{sentence} ({some:g} of {places} values)" if some < places else sentence
