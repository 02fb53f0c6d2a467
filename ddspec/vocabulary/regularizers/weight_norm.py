"""`weight_norm`: weights trained as a length and a direction."""

from __future__ import annotations

from typing import ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word


@word
class WeightNorm(Regularizer):
    """Trains g and v in place of the incoming weights of each unit, or kernels of each channel of a
    convolution, which are g v / |v|. It begins with g = |v|, v as drawn without it. A penalty on
    weights is one on g and v: |v| alone changes no output. For networks of
    `parametrization: standard` whose layers follow one another.

    Source: Salimans & Kingma, "Weight normalization", 2016, section 2.
    Example: weight_norm()
    """

    acts: ClassVar[Literal["model-dependent"]] = "model-dependent"

    @property
    def needs_here(self) -> frozenset[str]:
        """Layers that follow one another, trained in steps."""
        return frozenset({"gradient", "hidden_units", "successive", "own_weights"})
