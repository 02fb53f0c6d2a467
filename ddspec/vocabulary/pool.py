"""The clean samples a dataset selects from."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np


@attrs.frozen(eq=False)
class Pool:
    """Clean samples before selection and label noise.

    inputs: (samples, features) float32 or float64; targets: (samples,) int64 classes or float64, or
    (samples, ...) of several reals or a class a token (-1: none). `validation_*` is empty, shape
    (0, ...), for finite pools: validation is then carved from the end of the seed's order.
    weights: (samples,) float64, what each sample counts, one each without; groups: (samples,)
    int64, the group of each, all one without. extras: whatever else a network needs to know of
    the data (a graph), see `Architecture.attach`.
    """

    train_inputs: np.ndarray
    train_targets: np.ndarray
    validation_inputs: np.ndarray
    validation_targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray
    train_weights: np.ndarray | None = None
    validation_weights: np.ndarray | None = None
    test_weights: np.ndarray | None = None
    train_groups: np.ndarray | None = None
    validation_groups: np.ndarray | None = None
    test_groups: np.ndarray | None = None
    extras: Mapping[str, np.ndarray] = attrs.field(factory=dict)
