"""The clean samples a dataset selects from."""

from __future__ import annotations

import attrs
import numpy as np


@attrs.frozen(eq=False)
class Pool:
    """Clean samples before selection and label noise.

    inputs: (samples, features) float32 or float64; targets: (samples,) int64 classes or float64.
    `validation_*` is empty, shape (0, ...), for finite pools: validation is then carved from the
    end of the seed's order.
    """

    train_inputs: np.ndarray
    train_targets: np.ndarray
    validation_inputs: np.ndarray
    validation_targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray
