"""Values over replicates to values over whole seeds: what is drawn anew, and together."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ddspec.analysis.ends import replicates
from ddspec.errors import DdspecError

SEED = "replicate"


def whole_seeds(dataset: xr.Dataset, values: xr.DataArray) -> xr.DataArray:
    """Values with one dimension `replicate`, last: independent repetitions of the experiment.

    A seed is one, since the training set, the flipped labels and the first weights of a seed are
    those of all its widths and compositions. Where replicates are split, runs that share a training
    set are not independent: their mean is one repetition. Without replicates it has length 1.
    """
    over = [name for name in replicates(dataset) if name in values.dims]
    if not over:
        return values.expand_dims(SEED, axis=-1)
    unit = next((name for name in over if name in ("seed", "seed_data")), over[0])
    means = values.mean([name for name in over if name != unit], keep_attrs=True)
    renamed = means.rename({unit: SEED}).transpose(..., SEED)
    return renamed.drop_vars([name for name in renamed.coords if SEED in renamed[name].dims])


def curves(dataset: xr.Dataset, values: xr.DataArray, along: str) -> xr.DataArray:
    """Values with the dimensions (design..., replicate, `along`), `along` increasing.

    Raises DdspecError when `along` is no numeric dimension of `values`.
    """
    if along not in values.dims or dataset[along].dtype.kind not in "if":
        raise DdspecError(f"`{values.name}` has no numeric axis `{along}`")
    whole = whole_seeds(dataset, values).transpose(..., SEED, along)
    return whole.sortby(along).astype(np.float64)
