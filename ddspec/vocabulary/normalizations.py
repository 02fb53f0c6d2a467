"""Layers that a composition normalizes otherwise than batch normalization does.

What they compute of a row depends on that row and on the weights, and in `PathNormalized` on the
minibatch, whose rows may have weights.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ddspec.vocabulary.layers import BatchNorm, Convolution


def acting(direction: Tensor, length: Tensor) -> Tensor:
    """Weights g v / |v|, unit by unit: v, (units, ...), and g, (units,)."""
    scale: Tensor = length / torch.linalg.vector_norm(direction.flatten(1), dim=1)
    return direction * scale.view(-1, *(1 for _ in direction.shape[1:]))


class LayerNorm(nn.Module):
    """Each row normalized over its features, with a trained scale and shift a feature, as torch's
    LayerNorm; of maps over channels and places, with a scale and shift a channel, as its GroupNorm
    of one group.
    """

    def __init__(self, features: int, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, features) or (rows, channels, ...), of mean 0 and variance 1 in each row, then
        scaled and shifted.
        """
        flat = x.flatten(1).contiguous()  # in one order, however models are stacked
        centered = flat - flat.mean(dim=-1, keepdim=True)
        variance = centered.square().mean(dim=-1, keepdim=True)
        normed = (centered * torch.rsqrt(variance + self.epsilon)).view(x.shape)
        weight, bias = (p.view(-1, *(1 for _ in x.shape[2:])) for p in (self.weight, self.bias))
        return normed * weight + bias


class WeightNormed(nn.Linear):
    """An affine layer of weights g v / |v|, row by row: `weight` holds v, `length` g."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = True) -> None:
        super().__init__(inputs, outputs, bias=bias, device="meta")
        self.length = nn.Parameter(torch.empty(outputs, device="meta"))

    def drawn(self) -> None:
        """Begin with g = |v|, so that what was drawn is what acts."""
        with torch.no_grad():
            self.length.copy_(torch.linalg.vector_norm(self.weight, dim=1))

    @property
    def acting(self) -> Tensor:
        """The weights as they act."""
        return acting(self.weight, self.length)

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, inputs), to (rows, outputs)."""
        return nn.functional.linear(x, self.acting, self.bias)


class WeightNormedConvolution(Convolution):
    """A convolution of weights g v / |v|, one g an output channel: `weight` holds v, `length` g."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, ...], **how: Any) -> None:
        super().__init__(inputs, outputs, kernel, **how)
        self.length = nn.Parameter(torch.empty(outputs))

    def drawn(self) -> None:
        """Begin with g = |v|, so that what was drawn is what acts."""
        with torch.no_grad():
            self.length.copy_(torch.linalg.vector_norm(self.weight.flatten(1), dim=1))

    @property
    def acting(self) -> Tensor:
        """The weights as they act."""
        return acting(self.weight, self.length)


class PathNormalized(BatchNorm):
    """Batch normalization by a mixture of the variance over the minibatch and |w|^2, w the incoming
    weights of a unit. `share`, a buffer, is what the variance counts; it follows `affine`.
    """

    share: Tensor

    def __init__(self, affine: nn.Linear, share: float, momentum: float, epsilon: float) -> None:
        super().__init__(affine.out_features, momentum, epsilon)
        self.affine = affine
        self.register_buffer("share", torch.tensor(share, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, inputs), to (rows, outputs), each normalized."""
        made = self.affine(x)
        mean, variance = self._moments(made) if self.training else self._running(made)
        share = self.share.to(made.dtype)
        weight: Tensor = getattr(self.affine, "acting", self.affine.weight)
        mixed = share * variance + (1 - share) * weight.square().sum(dim=1)
        scale = torch.rsqrt(mixed + self.epsilon) * self.weight
        normed: Tensor = (made - mean) * scale + self.bias
        return normed


def weight_normed(inputs: int, outputs: int, *, bias: bool = True) -> WeightNormed:
    """A `WeightNormed` layer whose weights are left undrawn."""
    layer: WeightNormed = WeightNormed(inputs, outputs, bias=bias).to_empty(device="cpu")
    return layer
