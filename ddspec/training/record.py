"""A record: what one cell's run left behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs
import numpy as np

Status = Literal["done", "diverged", "failed", "stopped"]


@attrs.frozen(eq=False)
class Record:
    """The readings of one cell.

    points: (r,) int32, where the run was read, in `unit`; empty `unit` for solved cells (r = 1,
    points = [0]). series: name -> (r, ...) float32 of `train_loss`, `test_loss`, `validation_loss`,
    `train_error`, ... and measures; NaN where not recorded. A diverged run (a loss that is not
    finite) keeps its readings up to `points[-1]` of the last finite one, NaN after.
    stop: epochs or steps trained. seconds: the cell's share of its batch's wall time. error: the
    traceback of a failed cell; cause: its kind, `exception`, `oom` or `killed`. way: how its steps
    were taken.
    """

    cell: str
    status: Status
    unit: Literal["epochs", "steps", ""]
    points: np.ndarray
    series: Mapping[str, np.ndarray]
    parameters: int
    stop: int
    seconds: float
    worker: str = ""
    error: str = ""
    cause: str = ""
    way: str = ""
