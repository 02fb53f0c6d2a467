"""What was measured, and what is found in it."""

from __future__ import annotations

import attrs
import xarray as xr


@attrs.frozen(eq=False)
class Evidence:
    """What reports read.

    risk: the dataset of an experiment, tuned axes gone. candidates: where numbers are tuned, the
    risks at the end of training of every candidate, tuned axes among the dimensions; else None.
    """

    risk: xr.Dataset
    candidates: xr.Dataset | None = None


@attrs.frozen(eq=False)
class Finding:
    """What one report found.

    title: what was asked, a line. data: its numbers over the design dimensions that remain, with
    `long_name` and `units`. lines: the answer in sentences, the most important first.
    """

    title: str
    data: xr.Dataset
    lines: tuple[str, ...]
