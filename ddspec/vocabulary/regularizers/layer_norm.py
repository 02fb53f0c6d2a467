"""`layer_norm`: hidden layers normalized over the features of each sample."""

from __future__ import annotations

from typing import ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number


@word
class LayerNorm(Regularizer):
    """Normalizes what reaches every hidden layer, before its activation, over the features of each
    sample: (z - mean z) / sqrt(var z + epsilon), with a trained scale and shift a feature. Of
    convolutions the mean and variance are over all channels and places of a sample, and a channel
    has one scale and shift (group normalization of one group; torch's LayerNorm of maps has one a
    place). With `batch_norm` it comes after it. For networks whose layers follow one another and
    that bring no normalization.

    Source: Ba, Kiros & Hinton, "Layer normalization", 2016, section 3; Wu & He, "Group
    normalization", 2018, section 3.1 (of convolutions).
    Example: layer_norm()
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"

    epsilon: float = number("added to the variance", default=1e-5, above=0)

    @property
    def place(self) -> str:
        return "hidden"

    @property
    def needs_here(self) -> frozenset[str]:
        """Hidden layers that follow one another, trained in steps."""
        return frozenset({"gradient", "hidden_units", "successive"})
