"""`path_normalization`: hidden layers normalized between the minibatch and the weights."""

from __future__ import annotations

from typing import ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number


@word
class PathNormalization(Regularizer):
    """Data-dependent path normalization of the hidden layers of a dense chain: of a unit whose
    incoming weights are w and whose inputs are h,
    (w.h - mean w.h) / sqrt(share var(w.h) + (1 - share) |w|^2 + epsilon), before the activation,
    with a trained scale and shift in place of the bias. The mean and variance are over the
    minibatch, in evaluation running averages. share 1 is `batch_norm`; 0 normalizes every unit's
    path norm, that of the units before being one.

    Source: Neyshabur, Tomioka, Salakhutdinov & Srebro, "Data-dependent path normalization in neural
    networks", 2016, section 3 (complexity w' R w with R = share Cov(h) + (1 - share) I).
    Example: path_normalization(50%)
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    strength_field: ClassVar[str] = "share"

    share: float = number("what the variance counts", at_least=0, at_most=1, stacked=True)
    momentum: float = number(
        "weight of a new minibatch in the running averages", default=0.1, above=0, at_most=1
    )
    epsilon: float = number("added to the variance", default=1e-5, above=0)

    @property
    def place(self) -> str:
        return "hidden"

    @property
    def needs_here(self) -> frozenset[str]:
        """A chain with hidden layers, trained in steps."""
        return frozenset({"gradient", "hidden_units", "feedforward", "own_weights"})
