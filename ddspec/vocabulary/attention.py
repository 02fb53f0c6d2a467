"""Layers of transformers: token embeddings with positions, attention, and blocks of both."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ddspec.vocabulary.attending import Multipliers
from ddspec.vocabulary.drawing import scaled
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
    """A vector for each of `tokens`, left undrawn, times sqrt(width) or what a parametrization
    says, plus sinusoidal positions, or trained ones.
    """

    sines: Tensor

    def __init__(self, tokens: int, by: Multipliers, length: int, *, trained: bool = False) -> None:
        super().__init__()
        width = by.width
        self.weight = nn.Parameter(torch.empty(tokens, width))
        self.scale, (self.gain, self.first) = by.vectors, by.places
        self.places = nn.Parameter(torch.empty(length, width)) if trained else None
        if not trained:
            self.register_buffer("sines", positions(length, width))

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens, (rows, length) int64, to (rows, length, width)."""
        found = nn.functional.embedding(tokens, self.weight) * self.scale
        places = self.sines.to(found.dtype) if self.places is None else self.places * self.gain
        return found + places[: tokens.shape[1]]

    def initialize(self, draws: Draws, name: str) -> None:
        """Draw vectors that are standard normal as they act, and trained positions, normal with
        variance 1 / width.
        """
        root = math.sqrt(self.weight.shape[1])
        draw_normal(self.weight, draws.generator(name, "tokens"), root / self.scale)
        if self.places is not None:
            draw_normal(self.places, draws.generator(name, "places"), self.first / self.gain)


def draw_normal(weight: Tensor, generator: np.random.Generator, factor: float) -> None:
    """Draw a matrix, (rows, width), normal with variance 1 / width, times a factor."""
    drawn = generator.normal(0, 1 / math.sqrt(weight.shape[1]), tuple(weight.shape))
    assign(weight, drawn * factor)


class Norm(nn.LayerNorm):
    """Layer normalization whose scale and shift are multiplied by `gain`; first by one in all."""

    def __init__(self, width: int, gain: float) -> None:
        super().__init__(width)
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        """x, (..., width), to the same shape."""
        scale, shift = self.weight * self.gain, self.bias * self.gain
        return nn.functional.layer_norm(x, self.normalized_shape, scale, shift, self.eps)

    def initialize(self) -> None:
        """Make scales one as they act."""
        with torch.no_grad():
            self.weight.fill_(1 / self.gain)


def norm(by: Multipliers) -> nn.LayerNorm:
    """Layer normalization of a parametrization."""
    return Norm(by.width, by.norm) if by.law[0] == "mup" else nn.LayerNorm(by.width)


def hidden_layer(inputs: int, outputs: int, by: Multipliers) -> nn.Linear:
    """An affine layer of hidden numbers whose weights are left undrawn."""
    if by.law[0] == "standard":
        return affine(inputs, outputs)
    gain, shift = by.hidden(inputs)
    return scaled(inputs, outputs, gain=gain, shift=shift)


class Attention(nn.Module):
    """Scaled dot-product attention in heads: softmax(Q K' / sqrt(width / heads)) V of each, or
    divided by what a parametrization says, side by side, through an affine layer; Q, K and V are
    affine functions of what is given.
    """

    def __init__(self, by: Multipliers) -> None:
        super().__init__()
        self.heads, self.divisor = by.heads, by.divisor
        self.query, self.key, self.value, self.out = (
            hidden_layer(by.width, by.width, by) for _ in range(4)
        )

    def forward(self, x: Tensor, at: Tensor, hidden: Tensor | None) -> Tensor:
        """x, (rows, n, width), looking at `at`, (rows, m, width), but where `hidden`, which
        broadcasts with (rows, 1, n, m), is true.
        """
        scores = self.scores(x, at)
        if hidden is not None:
            scores = scores.masked_fill(hidden, HIDDEN)
        found = scores.softmax(dim=-1) @ self._parts(self.value(at))
        made: Tensor = self.out(found.transpose(1, 2).flatten(2))
        return made

    def scores(self, x: Tensor, at: Tensor) -> Tensor:
        """How places of x look at those of `at`, (rows, heads, n, m), before the softmax."""
        query, key = self._parts(self.query(x)), self._parts(self.key(at))
        return query @ key.transpose(-1, -2) / self.divisor

    def _parts(self, x: Tensor) -> Tensor:
        """(rows, n, width) as (rows, heads, n, width / heads)."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Sublayer(nn.Module):
    """What is carried around a part of a block: after it, LN(x + f(x)), or before, x + f(LN(x))."""

    def __init__(self, by: Multipliers, dropped: Dropped, *, before: bool) -> None:
        super().__init__()
        self.norm, self.before = norm(by), before
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
        by: Multipliers,
        nonlinearity: str,
        dropped: Sequence[Dropped],
        *,
        before: bool,
        source: bool,
    ) -> None:
        super().__init__()
        width = by.width
        self.itself = Attention(by)
        self.source = Attention(by) if source else None
        self.inner = nn.Sequential(
            hidden_layer(width, 4 * width, by),
            activation(nonlinearity),
            hidden_layer(4 * width, width, by),
        )
        self.around = nn.ModuleList(Sublayer(by, part, before=before) for part in dropped)

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
