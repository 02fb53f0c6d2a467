"""`sample_wise`: test risk against the number of training samples."""

from __future__ import annotations

from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ddspec.errors import DdspecError
from ddspec.figures.roles import composition_axis, samples_axis, width_axis
from ddspec.figures.sheets import Size
from ddspec.figures.wise import draw_wise, usual_hue


def draw_sample_wise(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    *,
    of: str | None = None,
    x: str | None = None,
    hue: str | None = None,
    size: Size = "column",
    **sel: Any,
) -> Axes | Figure:
    """Test risk at the end of training against training samples, with a band over seeds.

    x: the axis of samples by default. hue: by default widths, from dark to light. A dotted line
    marks the largest training set that is just fitted. The rest is as in `model_wise`.
    Source: Nakkiran et al., "Deep double descent", 2019, figure 3.
    Raises DdspecError where the dataset lacks what is asked for.
    """
    x = x or samples_axis(dataset)
    if x is None:
        raise DdspecError("the dataset has no axis of training samples", "name another: x=...")
    hue = hue or usual_hue(dataset, x, sel, width_axis(dataset), composition_axis(dataset))
    return draw_wise(dataset, ax, (x, hue), of=of, size=size, sel=sel)
