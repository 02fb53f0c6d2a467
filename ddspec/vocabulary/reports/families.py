"""`families`: model-dependent against data-dependent regularizers."""

from __future__ import annotations

from ddspec.vocabulary.composing import Selecting
from ddspec.vocabulary.kinds import word


@word
class Families(Selecting):
    """Penalties that depend on the model (l1, l2, ...) against regularizers that depend on the data
    (dropout, batch norm, mixup, ...), against both together and none: the best composition of each
    family, chosen by `select` for every seed on the others, and the mean of each family.

    Source: Kukačka, Golkov & Cremers, "Regularization for deep learning: a taxonomy", 2017.
    Example: families(of: test_error, over: reg, select: validation_error)
    """
