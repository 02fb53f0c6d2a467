"""Layers without trained weights: fixed random features, polynomials, and sums of units."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn


class FourierFeatures(nn.Module):
    """Waves of random frequencies V, (count, inputs), drawn and never trained.

    phases None: cos(v x) and sin(v x) side by side for each frequency, over sqrt(count). Else
    sqrt(2 / count) cos(v x + b) with phases b, (count,).
    """

    frequencies: Tensor
    phases: Tensor | None

    def __init__(self, inputs: int, count: int, *, phased: bool) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.zeros(count, inputs))
        self.register_buffer("phases", torch.zeros(count) if phased else None)
        self.scale = math.sqrt((2 if phased else 1) / count)

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, inputs), to (rows, count) or (rows, 2 count)."""
        angles = nn.functional.linear(x, self.frequencies.to(x.dtype))
        if self.phases is not None:
            return (angles + self.phases.to(x.dtype)).cos() * self.scale
        return torch.stack([angles.cos(), angles.sin()], dim=2).flatten(1) * self.scale


class Polynomials(nn.Module):
    """All products of one-dimensional polynomials of the inputs, their degrees at most `degree`
    together, in the order of that sum: 1, then the inputs, then products of two, ...

    basis: `monomial`, x^k; `legendre`, P_k(x); `orthonormal`, sqrt(2 k + 1) P_k(x), which are
    orthonormal under the uniform distribution between -1 and 1.
    """

    places: Tensor

    def __init__(self, inputs: int, degree: int, basis: str) -> None:
        super().__init__()
        self.degree, self.basis = degree, basis
        self.register_buffer("places", torch.tensor(list(_places(inputs, degree))))

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, inputs), to (rows, products)."""
        powers = torch.stack(list(self._powers(x)), dim=2).flatten(1)
        made = powers[:, self.places[:, 0]]
        for slot in range(1, self.places.shape[1]):
            made = made * powers[:, self.places[:, slot]]
        return made

    def _powers(self, x: Tensor) -> Iterator[Tensor]:
        before, last = torch.zeros_like(x), torch.ones_like(x)
        for degree in range(self.degree + 1):
            yield last * math.sqrt(2 * degree + 1) if self.basis == "orthonormal" else last
            if self.basis == "monomial":
                last = last * x
            else:  # Bonnet's recursion
                up, down = (2 * degree + 1) / (degree + 1), degree / (degree + 1)
                before, last = last, up * x * last - down * before


def _places(inputs: int, degree: int) -> Iterator[list[int]]:
    """Of every product: which of the (input, power), laid flat, it multiplies; 0, a one, fills."""
    most = max(1, min(inputs, degree))
    for total in range(degree + 1):
        for chosen in itertools.combinations_with_replacement(range(inputs), total):
            powers = [(i, len(list(same))) for i, same in itertools.groupby(chosen)]
            factors = [i * (degree + 1) + power for i, power in powers]
            yield factors + [0] * (most - len(factors))


class Sums(nn.Module):
    """The sums of units, `count` by `count`."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, outputs count), to (rows, outputs)."""
        return x.view(len(x), -1, self.count).sum(dim=2)
