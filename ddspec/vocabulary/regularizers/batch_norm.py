"""`batch_norm`: hidden layers normalized over the minibatch."""

from __future__ import annotations

from typing import ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number


@word
class BatchNorm(Regularizer):
    """Normalizes every hidden layer over the minibatch before its activation, with a trained
    scale and shift; evaluation uses running averages. The layer before it has no bias.

    Source: Ioffe & Szegedy, "Batch normalization", 2015, algorithm 1.
    Example: batch_norm()
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    excludes: ClassVar[frozenset[str]] = frozenset({"normalized", "recurrent", "graph"})
    native: ClassVar[bool] = True

    momentum: float = number(
        "weight of a new minibatch in the running averages", default=0.1, above=0, at_most=1
    )
    epsilon: float = number("added to the variance", default=1e-5, above=0)

    @classmethod
    def among(cls, terms: tuple[Regularizer, ...]) -> BatchNorm | None:
        """The batch normalization of a composition; None without."""
        return next((term for term in terms if isinstance(term, cls)), None)

    @property
    def place(self) -> str:
        return "hidden"

    @property
    def needs_here(self) -> frozenset[str]:
        """It needs hidden units, and minibatches to normalize over."""
        return frozenset({"gradient", "hidden_units"})
