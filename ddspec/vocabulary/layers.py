"""The layers that compositions add to networks, and plain ones that draw nothing when built.

Every random or minibatch-dependent layer takes what changes from step to step as a buffer, so that
a training step is a function of tensors: it can be stacked over models and repeated exactly. An
architecture may use any modules of torch's; for dropout and batch normalization, these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from ddspec.vocabulary.activations import ACTIVATIONS, Gelu, Sigmoid, Silu, activation
from ddspec.vocabulary.convolving import Convolution, MaxPool
from ddspec.vocabulary.drawing import affine, assign, draw
from ddspec.vocabulary.folding import normalize, rescale
from ddspec.vocabulary.kinds import Regularizer
from ddspec.vocabulary.regularizers.dropout import Dropout as DropoutWord

__all__ = [
    "ACTIVATIONS",
    "BatchNorm",
    "Convolution",
    "Dropout",
    "FirstInputs",
    "FixedProjection",
    "Gelu",
    "MaxPool",
    "Sigmoid",
    "Silu",
    "activation",
    "affine",
    "assign",
    "draw",
    "dropout_at",
    "mix",
    "random_bits",
]

LOW_32 = 0xFFFFFFFF


def _signed(number: int) -> int:
    """The 64-bit number as int64 holds it."""
    return (number + 2**63) % 2**64 - 2**63


# Odd multipliers of good spectral quality (Steele & Vigna 2021; splitmix64).
FIRST, SECOND = _signed(0xD1342543DE82EF95), _signed(0xF1357AEA2E62A9C5)
ROW, COLUMN, LAYER = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mix(x: Tensor) -> Tensor:
    """A hash of int64 numbers, element by element: two rounds of multiply and xor-shift."""
    x = x * FIRST
    x = x ^ ((x >> 32) & LOW_32)
    x = x * SECOND
    return x ^ ((x >> 32) & LOW_32)


def random_bits(key: Tensor, layer: int, rows: int, columns: int) -> Tensor:
    """Uniform int32 numbers, (rows, columns): a pure function of int64 `key`, layer, row, column.

    No number depends on how many rows or columns are asked for.
    """
    device = key.device
    places = _signed(ROW) * torch.arange(1, rows + 1, device=device)
    row = mix(key + _signed(LAYER * (layer + 1)) + places)
    pairs = (columns + 1) // 2  # a 64-bit hash serves two columns
    column = mix(_signed(COLUMN) * torch.arange(1, pairs + 1, device=device))
    bits = mix(row[:, None] ^ column).view(torch.int32)
    return bits[:, :columns] if columns % 2 else bits


class Dropout(nn.Module):
    """Dropout whose mask is a hash of `key`, the layer's number, row and column.

    The same key gives the same mask whatever the rest of the minibatch is and however models are
    stacked. Buffers: `key`, int64, to be set anew for every step; `threshold`, int32, and `scale`,
    which hold the rate. part: the rows it sees are this one, from 0, of equal parts of a minibatch.
    """

    key: Tensor
    threshold: Tensor
    scale: Tensor

    def __init__(self, rate: float, layer: int) -> None:
        super().__init__()
        self.layer, self.part = layer, 0
        below = min(round(rate * 2**32) - 2**31, 2**31 - 1)
        self.register_buffer("key", torch.zeros((), dtype=torch.int64))
        self.register_buffer("threshold", torch.tensor(below, dtype=torch.int32))
        self.register_buffer("scale", torch.tensor(1 / (1 - rate), dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, ...), with its units dropped in training and unchanged in evaluation.

        A unit's column is its place in its row laid flat.
        """
        if not self.training:
            return x
        key = self.key + _signed(ROW * self.part * x.shape[0] % 2**64) if self.part else self.key
        bits = random_bits(key, self.layer, x.shape[0], math.prod(x.shape[1:]))
        kept = (bits >= self.threshold).view(torch.uint8)  # bytes convert six times as fast
        return x * (kept.to(x.dtype) * self.scale.to(x.dtype)).view(x.shape)


class BatchNorm(nn.Module):
    """Batch normalization in which every row of the minibatch has a weight, 1 or 0.

    With weights one it is torch's: the biased variance normalizes, the unbiased one enters the
    running average. Rows of weight zero do not count. A channel of one number has variance zero:
    its output is the shift, and zero enters the running variance. Buffers: `rows`, the weights,
    (rows,) or (1,); `running_mean` and `running_var`, which a forward pass in training replaces by
    new tensors (it never writes into them). plain: set where it must be derived twice. summed: set
    where a minibatch is divided; the sum over its parts.
    """

    rows: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.epsilon, self.plain = momentum, epsilon, False
        self.summed: Callable[[Tensor], Tensor] | None = None
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("rows", torch.ones(1))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, channels, ...), each channel normalized by the minibatch over rows and places
        or, in evaluation, by running averages.
        """
        plain = self.plain or (self.summed is not None and self.training)
        if x.dim() > 2 and x.device.type == "cpu" and not plain:  # noqa: PLR2004
            return self._maps(x)
        return self.in_sums(x)

    def in_sums(self, x: Tensor) -> Tensor:
        """`forward` on any device, in weighted sums."""
        mean, variance = self._moments(x) if self.training else self._running(x)
        scale = torch.rsqrt(variance + self.epsilon) * self.weight
        mean, scale, bias = (_spread(part, x) for part in (mean, scale, self.bias))
        return (x - mean) * scale + bias

    def _running(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.running_mean.to(x.dtype), self.running_var.to(x.dtype)

    def _moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        rows = self.rows.to(x.dtype).expand(x.shape[0])
        summed = self.summed or _only
        count, places = summed(rows.sum()), math.prod(x.shape[2:])
        share = (rows / count)[None]
        mean = summed(share @ _row_means(x))
        variance = summed(share @ _row_means((x - _spread(mean, x)).square()))
        numbers = count * places
        self._average(mean[0], variance[0] * (numbers / (numbers - 1).clamp(min=1)))
        return mean, variance

    def _maps(self, x: Tensor) -> Tensor:
        """The same of feature maps, faster."""
        wide = torch.promote_types(x.dtype, torch.float32)
        maps = x if x.dim() == 4 else x[:, :, None]  # noqa: PLR2004 - a signal has height 1
        trained = self.weight.to(wide), self.bias.to(wide)
        if self.training:
            rows = self.rows.expand(x.shape[0])
            made, mean, variance = normalize(maps, rows, *trained, self.epsilon)
            self._average(mean, variance)
        else:
            running = self.running_mean.to(wide), self.running_var.to(wide)
            made = rescale(maps, *trained, *running, self.epsilon)
        return made if maps is x else made[:, :, 0]

    def _average(self, mean: Tensor, unbiased: Tensor) -> None:
        """Let a minibatch enter the running averages."""
        old, new = 1 - self.momentum, self.momentum
        mean, unbiased = (m.detach().to(self.running_mean.dtype) for m in (mean, unbiased))
        self.running_mean = old * self.running_mean + new * mean
        self.running_var = old * self.running_var + new * unbiased


def _only(part: Tensor) -> Tensor:
    """The sum over the parts of a minibatch that is not divided."""
    return part


def _row_means(x: Tensor) -> Tensor:
    """The mean over places, (rows, channels)."""
    return x if x.dim() == 2 else x.flatten(2).mean(dim=2)  # noqa: PLR2004


def _spread(values: Tensor, x: Tensor) -> Tensor:
    """One number a channel, (channels,) or (1, channels), as it broadcasts with x."""
    return values.reshape(-1, *(1 for _ in x.shape[2:])) if x.dim() > 2 else values  # noqa: PLR2004


class FirstInputs(nn.Module):
    """Keeps the first `count` inputs."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, inputs), cut to (rows, count)."""
        return x[:, : self.count]


class FixedProjection(nn.Module):
    """W x / sqrt(d) with a matrix W, (features, d), that is drawn and never trained."""

    matrix: Tensor

    def __init__(self, inputs: int, features: int) -> None:
        super().__init__()
        self.register_buffer("matrix", torch.zeros(features, inputs))
        self.scale = 1 / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, d), projected to (rows, features)."""
        return nn.functional.linear(x, self.matrix.to(x.dtype)) * self.scale


def dropout_at(place: str, terms: Iterable[Regularizer], layer: int) -> list[nn.Module]:
    """The dropout that a composition has at a place (`input`, `hidden`, `head`): one layer or none.

    `layer` tells the masks of a network's dropout layers apart.
    """
    return [Dropout(t.rate, layer) for t in terms if isinstance(t, DropoutWord) and t.at == place]
