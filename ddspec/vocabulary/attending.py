"""The multipliers of transformers under their parametrizations; loads no torch."""

from __future__ import annotations

import math

import attrs

from ddspec.vocabulary.dense import Law, multipliers
from ddspec.vocabulary.parametrized import Parametrized
from ddspec.vocabulary.schema import integer


@attrs.frozen
class Multipliers:
    """The fixed factors in the layers of a transformer of a `width` and so many `heads`.

    base_heads: heads of the network of the law's base width. Tokens' vectors and trained positions
    are weights of inputs, and act as numbers of order one; those of scores are weights of outputs,
    tied or not; normalizations have vectors, as biases are; all other weights are hidden.
    """

    law: Law
    width: int
    heads: int
    base_heads: int

    def hidden(self, fan_in: int) -> tuple[float, float]:
        """Of the weight and of the bias of an affine layer of hidden numbers."""
        return self._of(1, fan_in)[:2]

    @property
    def vectors(self) -> float:
        """Of the tokens' vectors as they enter."""
        name, base = self.law
        if name == "standard":
            return math.sqrt(self.width)
        gain = self._of(0, 1)[0]
        return gain if name == "ntk" else math.sqrt(base) * gain

    @property
    def places(self) -> tuple[float, float]:
        """Of trained positions, and of what is drawn for them as it acts."""
        name, base = self.law
        first = 1.0 if name in ("standard", "ntk") else math.sqrt(self.width / base)
        return self._of(0, 1)[0], first

    @property
    def norm(self) -> float:
        """Of the scales and shifts of layer normalization: that of a bias."""
        return self._of(1, self.width)[1]

    @property
    def scores(self) -> tuple[float, float]:
        """Of the weight that makes scores of tokens, and of its first weight as it acts."""
        gain, _, first = self._of(2, self.width)
        return gain, first

    @property
    def divisor(self) -> float:
        """What products of queries and keys are divided by: sqrt(d) of a head of d numbers; under
        mup d / sqrt(d'), d' the numbers of a head of the base network.
        """
        name, base = self.law
        size = self.width / self.heads
        if name in ("standard", "ntk"):
            return math.sqrt(size)
        return math.sqrt(size) * math.sqrt(size / (base / self.base_heads))

    def _of(self, place: int, fan_in: int) -> tuple[float, float, float]:
        """See `multipliers`; of a layer of inputs (0), of hidden numbers (1) or of outputs (2)."""
        if self.law[0] == "ntk":
            return multipliers(self.law, (fan_in, 1), 0)
        return multipliers(self.law, (1, self.width, self.width, 1), place)


@attrs.frozen(kw_only=True, slots=False)
class Attending(Parametrized):
    """A network of attention in several heads; `base` is a number of `d_model`."""

    base_heads: int | None = integer(
        "`heads` of the network of `base`; as many as `heads` unless given",
        default=None,
        at_least=1,
    )

    def multipliers(self, d_model: int, heads: int) -> Multipliers:
        """Those of its layers."""
        return Multipliers(self.law, d_model, heads, self.base_heads or heads)
