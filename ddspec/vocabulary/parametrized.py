"""What networks share whose layers are multiplied by powers of their width; loads no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ddspec.vocabulary.dense import PARAMETRIZATIONS, Law, multipliers
from ddspec.vocabulary.kinds import Architecture
from ddspec.vocabulary.schema import choice, integer

if TYPE_CHECKING:
    from torch import nn

Factors = tuple[float, float, float]  # of a weight, of a bias, and of the first weight as it acts


@attrs.frozen(kw_only=True, slots=False)
class Parametrized(Architecture):
    """A network with the parametrizations that `mlp` explains."""

    parametrization: str = choice(
        "how training depends on width", *PARAMETRIZATIONS, default="standard"
    )
    base: int = integer("width at which `mup` is standard", default=64, at_least=1, unit="units")

    @property
    def law(self) -> Law:
        """Its parametrization and base width, as `multipliers` asks for them."""
        return self.parametrization, self.base

    @property
    def plain(self) -> bool:
        """Whether the weights that are trained act as they are, not multiplied."""
        return self.parametrization == "standard"


def factors(law: Law, sizes: Sequence[int], number: int, init: str) -> Factors:
    """`multipliers` of layer `number` of those between `sizes`, for first weights drawn by `init`.

    The laws of first weights that depend on more than a fan in (`xavier`, `orthogonal`, and
    `gaussian`, of a deviation that depends on nothing) are taken under mup at the base width: only
    then do weights of inputs begin as large at any width, and hidden ones as 1 / sqrt(width).
    """
    gain, shift, first = multipliers(law, sizes, number)
    return gain, shift, first * first_scale(law, sizes, number, init)


def first_scale(law: Law, sizes: Sequence[int], number: int, init: str) -> float:
    """What first weights drawn at this width are multiplied by so that they follow those drawn at
    the base width, as mup has it; 1 for all but mup.
    """
    if not law[0].startswith("mup"):
        return 1.0
    fans = tuple(sizes[number : number + 2])
    ratios = [
        size / law[1] if 0 < place < len(sizes) - 1 else 1.0 for place, size in enumerate(sizes)
    ][number : number + 2]
    small = tuple(fan / ratio for fan, ratio in zip(fans, ratios, strict=True))
    return _deviation(init, small) / _deviation(init, fans) / math.sqrt(ratios[0])


def _deviation(init: str, fans: Sequence[float]) -> float:
    """How the deviation of weights depends on fan in and fan out, but for a constant."""
    if init == "gaussian":
        return 1.0
    if init == "orthogonal":
        return 1 / math.sqrt(max(fans))
    return 1 / math.sqrt(sum(fans) if init.startswith("xavier") else fans[0])


def parametrized(
    law: Law, sizes: Sequence[int], number: int, init: str, *, bias: bool = True
) -> nn.Linear:
    """Affine layer `number` of those between `sizes`, its weights undrawn; see `factors`."""
    from ddspec.vocabulary.drawing import affine, scaled

    inputs, outputs = sizes[number : number + 2]
    if law[0] == "standard":
        return affine(inputs, outputs, bias=bias)
    gain, shift, first = factors(law, sizes, number, init)
    return scaled(inputs, outputs, bias=bias, gain=gain, shift=shift, first=first)
