"""Batch normalization of folded maps as one operation, as it goes by the values of row weights.

torch's own is the fastest there is on a processor, but counts every row. So it is given whole
minibatches, or of a shorter one the rows that count of one model after the other. Folded maps are
(rows, k channels, height, width), the channels last in memory; row weights (k, rows) are 1 or 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, library

aten = torch.ops.aten


@library.custom_op("ddspec::normalize", mutates_args=())
def normalized(
    x: Tensor, rows: Tensor, weight: Tensor, bias: Tensor, epsilon: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Folded maps normalized; of each channel the mean, unbiased variance and 1 / deviation."""
    if bool(rows.all()):
        return _of_all(x, weight, bias, epsilon)
    made, mean, variance, spread = (torch.zeros_like(t) for t in (x, weight, weight, weight))
    for kept, channels in _counted(rows, len(weight)):
        found = _of_all(_taken(x, kept, channels), weight[channels], bias[channels], epsilon)
        made[kept, channels] = found[0]
        mean[channels], variance[channels], spread[channels] = found[1:]
    return made, mean, variance, spread


@library.custom_op("ddspec::normalize_slopes", mutates_args=())
def normalized_slopes(
    slope: Tensor, x: Tensor, rows: Tensor, weight: Tensor, mean: Tensor, spread: Tensor,
    epsilon: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """The slopes of folded maps, weights and biases."""
    if bool(rows.all()):
        return _slopes_of_all(slope, x, weight, mean, spread, epsilon)
    of_x, of_weight, of_bias = (torch.zeros_like(t) for t in (x, weight, weight))
    for kept, channels in _counted(rows, len(weight)):
        found = _slopes_of_all(
            _taken(slope, kept, channels), _taken(x, kept, channels),
            weight[channels], mean[channels], spread[channels], epsilon,
        )  # fmt: skip
        of_x[kept, channels] = found[0]
        of_weight[channels], of_bias[channels] = found[1:]
    return of_x, of_weight, of_bias


@normalized.register_fake
def _(x: Tensor, _rows: Tensor, weight: Tensor, *_: Any) -> tuple[Tensor, ...]:
    return torch.empty_like(x), *(torch.empty_like(weight) for _ in range(3))


@normalized_slopes.register_fake
def _(_slope: Tensor, x: Tensor, _rows: Tensor, weight: Tensor, *_: Any) -> tuple[Tensor, ...]:
    return torch.empty_like(x), torch.empty_like(weight), torch.empty_like(weight)


def _of_all(
    x: Tensor, weight: Tensor, bias: Tensor, epsilon: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """`normalized` when every row counts."""
    mean, variance = torch.zeros_like(weight), torch.zeros_like(weight)
    made, _, spread = torch.native_batch_norm(x, weight, bias, mean, variance, True, 1.0, epsilon)
    if x.numel() == len(weight):  # one number a channel
        variance.zero_()
    return made, mean, variance, spread


def _slopes_of_all(
    slope: Tensor, x: Tensor, weight: Tensor, mean: Tensor, spread: Tensor, epsilon: float
) -> tuple[Tensor, Tensor, Tensor]:
    """`normalized_slopes` when every row counts."""
    _, of_weight, of_bias = aten.native_batch_norm_backward(
        slope, x, weight, None, None, mean, spread, True, epsilon, [False, True, True]
    )
    # not torch's slope of x: it rounds a channel by its place among the others
    count, scale = x.numel() // len(weight), weight * spread
    bend = -scale * spread * of_weight / count
    shift = -scale * of_bias / count - bend * mean
    tilted = torch.addcmul(_tiled(shift, x), _rows(x), _tiled(bend, x))
    made = torch.addcmul(tilted, _rows(slope), _tiled(scale, x))
    return made.view(x.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2), of_weight, of_bias


def _rows(maps: Tensor) -> Tensor:
    """Folded maps as (rows x height, width x channels)."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[3] * maps.shape[1])


def _tiled(channels: Tensor, maps: Tensor) -> Tensor:
    """One number a channel as it broadcasts with `_rows`: long rows, which take few loops."""
    return channels.to(maps.dtype).repeat(maps.shape[3])


def _counted(rows: Tensor, channels: int) -> Iterator[tuple[Tensor, slice]]:
    """Of each model the numbers of the rows that count, and the place of its channels."""
    each = channels // len(rows)
    for number, weights in enumerate(rows):
        yield weights.nonzero()[:, 0], slice(number * each, (number + 1) * each)


def _taken(maps: Tensor, kept: Tensor, channels: slice) -> Tensor:
    return maps[:, channels].index_select(0, kept).contiguous(memory_format=torch.channels_last)
