"""`epoch_wise`: test risk along training."""

from __future__ import annotations

from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ddspec.analysis.ends import trajectory
from ddspec.errors import DdspecError
from ddspec.figures.roles import composition_axis, width_axis
from ddspec.figures.sheets import Size
from ddspec.figures.wise import draw_wise, usual_hue


def draw_epoch_wise(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    *,
    of: str | None = None,
    x: str | None = None,
    hue: str | None = None,
    size: Size = "column",
    **sel: Any,
) -> Axes | Figure:
    """Test risk against epochs or steps of training, with a band over seeds.

    x: the axis of readings by default. hue: by default widths, from dark to light. The rest is as
    in `model_wise`; there is no threshold, since train risk below shows when it is fitted.
    Source: Nakkiran et al., "Deep double descent", 2019, figure 2.
    Raises DdspecError where the dataset lacks what is asked for.
    """
    x = x or trajectory(dataset)
    if x is None or dataset.sizes.get(x) == 1:
        raise DdspecError(
            "the dataset has no readings along training",
            "sweep over them in the spec: epochs in log 1..500 points 30",
        )
    hue = hue or usual_hue(dataset, x, sel, width_axis(dataset), composition_axis(dataset))
    return draw_wise(dataset, ax, (x, hue), of=of, size=size, sel=sel)
