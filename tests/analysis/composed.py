"""Datasets of risk over compositions made by hand: no attributes, coordinates only when asked."""

import numpy as np
import xarray as xr


def subsets(*terms):
    """The labels of all subsets, the first term varying fastest, and which terms each has."""
    has = np.arange(2 ** len(terms))[:, None] >> np.arange(len(terms)) & 1 == 1
    return [" + ".join(np.asarray(terms)[row]) or "none" for row in has], has


def composed(test, labels, validation=None, **axes):
    """test_error and validation_error over (*axes, reg, seed) from nested lists or an array."""
    test = np.asarray(test, np.float64)
    validation = test if validation is None else np.asarray(validation, np.float64)
    dims = (*axes, "reg", "seed")
    return xr.Dataset(
        {"test_error": (dims, test), "validation_error": (dims, validation)},
        {**{name: list(values) for name, values in axes.items()}, "reg": list(labels)},
    )


def flat(values, seeds=3):
    """The same value in every seed, but for a luck that all compositions share."""
    luck = np.linspace(0, 0.3, seeds)
    return np.asarray(values, np.float64)[..., None] + luck
