"""Effective model complexity: how many samples a training procedure can fit."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import xarray as xr

from ddspec.analysis.curves import risk_name, seed_curves
from ddspec.analysis.phenomena.threshold import levels, sided
from ddspec.analysis.reduction import At
from ddspec.analysis.seeds import SEED
from ddspec.analysis.statistics.crossing import CROSSING, crossing

EPSILON: Final = 0.1


def effective_complexity(
    dataset: xr.Dataset,
    epsilon: float = EPSILON,
    *,
    of: str = "",
    along: str = "samples",
    at: At | Literal["every"] = "end",
    scale: float | None = None,
    level: float = 0.95,
) -> xr.Dataset:
    """The largest number of samples that is fitted to an expected training error of `epsilon`.

        EMC = max { n : E of_n <= epsilon }

    of: `train_error`, or `train_loss` where there are no errors; a loss is fitted when it is at
    most `epsilon` times `scale`, by default the largest mean along the axis. at: which reading of
    each run, see `reduced`; `"every"` keeps them all: the complexity as it grows with training.

    The largest n whose mean over seeds happens to be small enough is too large where the mean rises
    slowly: the means are made rising in n first (isotonic regression) and interpolated on a
    logarithmic axis. Where it is beyond the samples that were tried, `effective_complexity` is NaN
    and `side` says on which side. `low` and `high` hold it with confidence `level`, infinite where
    the axis ends first; none with a single seed. The result has the remaining dimensions.

    Source: Nakkiran et al., "Deep double descent", 2019, definition 1 (there epsilon = 0.1).
    Raises DdspecError when the dataset has no such variable or no numeric axis `along`.
    """
    name = risk_name(dataset, of or ("train_error" if "train_error" in dataset else "train_loss"))
    curves = seed_curves(dataset, name, along, at)
    level_of, told = levels(curves, epsilon, name, scale)
    places = curves[along].values.astype(np.float64)
    outputs = xr.apply_ufunc(
        lambda curve, at_most: crossing(curve, places, at_most, "rising", level),
        curves.drop_vars(along),
        level_of,
        input_core_dims=[[SEED, along], []],
        output_core_dims=[[]] * len(CROSSING),
        vectorize=True,
    )
    found = xr.Dataset(dict(zip(CROSSING, outputs, strict=True)))
    found = found.rename(place="effective_complexity")
    units = str(dataset[along].attrs.get("units", along))
    for key, words in {
        "effective_complexity": f"effective model complexity: largest {along} with {told}",
        "low": "lower end of the complexity",
        "high": "upper end of the complexity",
        "first_tried": f"least {along} with values",
        "last_tried": f"most {along} with values",
        "tried_before": f"{along} tried below the complexity",
        "tried_after": f"{along} tried above the complexity",
    }.items():
        found[key].attrs = {"long_name": words, "units": units}
    return sided(found, name, along, epsilon, level)
