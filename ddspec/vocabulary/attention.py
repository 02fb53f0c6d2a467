"""Layers of transformers: token embeddings with positions, attention, and blocks of both."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.layers import activation, affine, assign

HIDDEN = -1e9  # a score of what must not be looked at: its share of attention is exactly zero
Dropped = Sequence[nn.Module]  # dropout of a composition: one layer or none


def positions(length: int, width: int) -> Tensor:
    """Sinusoidal positions, (length, width) float64: sin(t / 10000^(2i/width)) at places 2i, the
    cosine of the same at 2i + 1.
    """
    rates = torch.exp(torch.arange(0, width, 2, dtype=torch.float64) * (-math.log(1e4) / width))
    angles = torch.arange(length, dtype=torch.float64)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width].contiguous()


class Embedding(nn.Module):
    """A vector for each of `tokens`, left undrawn, times sqrt(width), plus sinusoidal positions, or
    trained ones.
    """

    sines: Tensor

    def __init__(self, tokens: int, width: int, length: int, *, trained: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(tokens, width))
        self.scale = math.sqrt(width)
        self.places = nn.Parameter(torch.empty(length, width)) if trained else None
        if not trained:
            self.register_buffer("sines", positions(length, width))

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens, (rows, length) int64, to (rows, length, width)."""
        found = nn.functional.embedding(tokens, self.weight) * self.scale
        places = self.sines.to(found.dtype) if self.places is None else self.places
        return found + places[: tokens.shape[1]]

    def initialize(self, draws: Draws, name: str) -> None:
        """Draw vectors, and trained positions, normal with variance 1 / width."""
        for place, weight in (("tokens", self.weight), ("places", self.places)):
            if weight is not None:
                law = draws.generator(name, place).normal
                assign(weight, law(0, 1 / self.scale, tuple(weight.shape)))


class Attention(nn.Module):
    """Scaled dot-product attention in `heads` parts: softmax(Q K' / sqrt(width / heads)) V of each,
    side by side, through an affine layer; Q, K and V are affine functions of what is given.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (affine(width, width) for _ in range(4))

    def forward(self, x: Tensor, at: Tensor, hidden: Tensor | None) -> Tensor:
        """x, (rows, n, width), looking at `at`, (rows, m, width), but where `hidden`, which
        broadcasts with (rows, 1, n, m), is true.
        """
        query, key, value = (
            self._parts(layer(given))
            for layer, given in ((self.query, x), (self.key, at), (self.value, at))
        )
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        if hidden is not None:
            scores = scores.masked_fill(hidden, HIDDEN)
        found = scores.softmax(dim=-1) @ value
        made: Tensor = self.out(found.transpose(1, 2).flatten(2))
        return made

    def _parts(self, x: Tensor) -> Tensor:
        """(rows, n, width) as (rows, heads, n, width / heads)."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Sublayer(nn.Module):
    """What is carried around a part of a block: after it, LN(x + f(x)), or before, x + f(LN(x))."""

    def __init__(self, width: int, dropped: Dropped, *, before: bool) -> None:
        super().__init__()
        self.norm, self.before = nn.LayerNorm(width), before
        self.dropped = nn.Sequential(*dropped)

    def forward(self, x: Tensor, part: Callable[[Tensor], Tensor]) -> Tensor:
        """x, (rows, n, width), to the same shape."""
        if self.before:
            return x + self.dropped(part(self.norm(x)))  # type: ignore[no-any-return]
        made: Tensor = self.norm(x + self.dropped(part(x)))
        return made


class Layer(nn.Module):
    """A block: attention to itself, attention to a `source` where there is one, and an affine
    layer to 4 width, an activation and an affine layer back; each part with what is carried around.

    dropped: for each part, the dropout of its result.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        nonlinearity: str,
        dropped: Sequence[Dropped],
        *,
        before: bool,
        source: bool,
    ) -> None:
        super().__init__()
        self.itself = Attention(width, heads)
        self.source = Attention(width, heads) if source else None
        self.inner = nn.Sequential(
            affine(width, 4 * width), activation(nonlinearity), affine(4 * width, width)
        )
        self.around = nn.ModuleList(Sublayer(width, part, before=before) for part in dropped)

    def forward(
        self,
        x: Tensor,
        hidden: Tensor | None,
        source: Tensor | None = None,
        padding: Tensor | None = None,
    ) -> Tensor:
        """x, (rows, n, width), to the same shape; hidden: of x; padding: of the source."""
        around = iter(self.around)
        x = next(around)(x, lambda y: self.itself(y, y, hidden))
        if self.source is not None and source is not None:
            seen, to = source, self.source
            x = next(around)(x, lambda y: to(y, seen, padding))
        made: Tensor = next(around)(x, self.inner)
        return made


def later(length: int, device: torch.device) -> Tensor:
    """Which tokens come after another, (length, length) bool: a model of text cannot see those."""
    places = torch.arange(length, device=device)
    return places[None, :] > places[:, None]


def block_parameters(width: int, parts: int) -> int:
    """The trained numbers of a `Layer` of that many parts: 2, or 3 with a source."""
    attention, inner = 4 * (width + 1) * width, (width + 1) * 4 * width + (4 * width + 1) * width
    return (parts - 1) * attention + inner + parts * 2 * width


def block_operations(width: int, parts: int, length: int) -> int:
    """The multiplications of a `Layer` on a sentence of a length."""
    attention = 4 * width * width + 2 * length * width
    return length * ((parts - 1) * attention + 8 * width * width)
