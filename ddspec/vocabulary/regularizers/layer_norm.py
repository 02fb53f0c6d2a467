"""`layer_norm`: hidden layers normalized over the features of each sample."""

from __future__ import annotations

from typing import ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number


@word
class LayerNorm(Regularizer):
    """Normalizes what reaches every hidden layer of a dense chain, before its activation, over the
    features of each sample: (z - mean z) / sqrt(var z + epsilon), with a trained scale and shift a
    feature. With `batch_norm` it comes after it.

    Source: Ba, Kiros & Hinton, "Layer normalization", 2016, section 3.
    Example: layer_norm()
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"

    epsilon: float = number("added to the variance", default=1e-5, above=0)

    @property
    def place(self) -> str:
        return "hidden"

    @property
    def needs_here(self) -> frozenset[str]:
        """A chain with hidden layers, trained in steps."""
        return frozenset({"gradient", "hidden_units", "feedforward"})
