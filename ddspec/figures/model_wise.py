"""`model_wise`: test risk against the size of the model."""

from __future__ import annotations

from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ddspec.errors import DdspecError
from ddspec.figures.roles import composition_axis, width_axis
from ddspec.figures.sheets import Size
from ddspec.figures.wise import draw_wise, usual_hue


def draw_model_wise(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    *,
    of: str | None = None,
    x: str | None = None,
    hue: str | None = None,
    size: Size = "column",
    **sel: Any,
) -> Axes | Figure:
    """Test risk at the end of training against width, with a band over seeds.

    x: `width` by default; `parameters` or another coordinate along it as well. hue: an axis whose
    values are the curves, by default the compositions, or where one is selected the next axis.
    Train risk lies in small axes below (dashed in the same axes where `ax` is given). A dotted line
    marks the interpolation threshold: the smallest model with a train error of at most 1 %. Other
    axes are taken at the labels `sel`, else at their last value. Gives `ax`, or a new figure.
    Source: Nakkiran et al., "Deep double descent", 2019, figure 1.
    Raises DdspecError where the dataset lacks what is asked for.
    """
    x = x or width_axis(dataset)
    if x is None:
        raise DdspecError("the dataset has no axis of model sizes", "name another: x=...")
    hue = hue or usual_hue(dataset, x, sel, composition_axis(dataset))
    return draw_wise(dataset, ax, (x, hue), of=of, size=size, sel=sel)
