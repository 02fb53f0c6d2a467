"""Time in a schedule: how many durations have passed at a step; loads no numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.schema import Duration

if TYPE_CHECKING:
    import numpy as np


def count_of(length: Duration) -> int:
    """The steps of a length of a resolved cell, whose lengths are all in steps."""
    assert length.unit == "steps", "the durations of a cell are in steps"
    return length.count


def passed(steps: np.ndarray, every: Duration, *, floored: bool = True) -> np.ndarray:
    """How often `every` has passed at int64 steps, float64; whole numbers when floored."""
    count = count_of(every)
    found: np.ndarray = (steps // count).astype(float) if floored else steps / count
    return found
