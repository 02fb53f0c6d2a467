"""What networks share whose layers are multiplied by powers of width; loads no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from ddspec.vocabulary.dense import PARAMETRIZATIONS, Factors, Law, multipliers
from ddspec.vocabulary.kinds import Architecture
from ddspec.vocabulary.schema import choice, integer


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


def factors(law: Law, sizes: Sequence[float], init: str) -> tuple[Factors | None, ...]:
    """`multipliers` of every layer between `sizes`, None where nothing is multiplied, for first
    weights drawn by `init`.

    Under mup they are of the size that `init` gives them at the base width, hidden ones smaller as
    1 / sqrt(width): `xavier`, `orthogonal` and `gaussian` alone would make weights of inputs shrink
    as the width grows, or hidden ones not.
    """
    if law[0] == "standard":
        return (None,) * (len(sizes) - 1)
    found = []
    for number in range(len(sizes) - 1):
        gain, shift, first = multipliers(law, sizes, number)
        found.append((gain, shift, first * _first(law, sizes, number, init)))
    return tuple(found)


def _first(law: Law, sizes: Sequence[float], number: int, init: str) -> float:
    """What hidden weights and those of inputs, drawn at this width, are multiplied by to be of the
    size they have at the base width, hidden ones over sqrt(width / base).
    """
    if not law[0].startswith("mup"):
        return 1.0
    last = len(sizes) - 1
    fans = sizes[number : number + 2]
    ratios = [sizes[p] / law[1] if 0 < p < last else 1.0 for p in (number, number + 1)]
    small = [fan / ratio for fan, ratio in zip(fans, ratios, strict=True)]
    return _deviation(init, small) / _deviation(init, fans) / math.sqrt(ratios[0])


def _deviation(init: str, fans: Sequence[float]) -> float:
    """How the deviation of weights depends on fan in and fan out, but for a constant."""
    if init == "gaussian":
        return 1.0
    if init == "orthogonal":
        return 1 / math.sqrt(max(fans))
    return 1 / math.sqrt(sum(fans) if init.startswith("xavier") else fans[0])
