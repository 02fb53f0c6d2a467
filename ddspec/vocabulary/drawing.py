"""First weights: affine layers that draw nothing when built, and the laws they are drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ddspec.vocabulary.convolving import Convolution
from ddspec.vocabulary.draws import Draws

# Variances of weights in shares of 1 / fan in; xavier's is 2 / (fan in + fan out).
GAINS = {"he": 2.0, "he_uniform": 2.0, "lecun": 1.0}


class Scaled(nn.Linear):
    """An affine layer whose weight and bias are multiplied by fixed numbers:
    `gain` W x + `shift` b.

    first: a factor of its first weight. `draw` gives `gain` W and `shift` b, but for that factor,
    what it gives the weight and bias of a layer without.
    """

    def __init__(
        self, inputs: int, outputs: int, *, bias: bool, gain: float, shift: float, first: float
    ) -> None:
        super().__init__(inputs, outputs, bias=bias, device="meta")
        self.gain, self.shift, self.first = gain, shift, first

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, inputs), to (rows, outputs)."""
        made = nn.functional.linear(x, self.weight) * self.gain
        return made if self.bias is None else made + self.bias * self.shift


def affine(inputs: int, outputs: int, *, bias: bool = True) -> nn.Linear:
    """A linear layer whose weights are left undrawn."""
    layer = nn.Linear(inputs, outputs, bias=bias, device="meta")
    return layer.to_empty(device="cpu")


def scaled(
    inputs: int, outputs: int, *, bias: bool = True, gain: float, shift: float, first: float = 1.0
) -> Scaled:
    """A `Scaled` layer whose weights are left undrawn."""
    layer = Scaled(inputs, outputs, bias=bias, gain=gain, shift=shift, first=first)
    return layer.to_empty(device="cpu")


def multiplied(
    inputs: int, outputs: int, factors: tuple[float, float, float] | None, *, bias: bool = True
) -> nn.Linear:
    """An `affine` layer, or a `scaled` one of factors `gain`, `shift` and `first`."""
    if factors is None:
        return affine(inputs, outputs, bias=bias)
    gain, shift, first = factors
    return scaled(inputs, outputs, bias=bias, gain=gain, shift=shift, first=first)


def acting(layer: nn.Linear) -> tuple[Tensor, Tensor | None]:
    """Weight and bias of an affine layer as they act."""
    weight, bias = layer.weight, layer.bias
    gain, shift = (getattr(layer, name, 1.0) for name in ("gain", "shift"))
    if (gain, shift) == (1.0, 1.0):
        return weight, bias
    return weight * gain, None if bias is None else bias * shift


def assign(tensor: Tensor, values: np.ndarray) -> None:
    """Copy float64 `values` of the same shape into a parameter or buffer of any precision."""
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(np.ascontiguousarray(values)))


def draw(
    module: nn.Module,
    init: str,
    draws: Draws,
    *,
    std: float = 1.0,
    scale: float = 1.0,
    head: float = 1.0,
    scales: Sequence[float] = (),
) -> None:
    """Draw the first weights of a network's affine and convolutional layers.

    init: `pytorch`, uniform within 1 / sqrt(fan in), biases as well. With biases zero: `he`,
    `lecun` and `xavier`, normal with variance 2 / fan in, 1 / fan in and 2 / (fan in + fan out);
    `he_uniform` and `xavier_uniform`, uniform of the same variances; `gaussian`, normal with
    deviation `std`; `orthogonal`, rows or columns orthonormal, uniform among such matrices.
    scale: a factor of all that is drawn; head: a further one, of the last layer; scales: a further
    one of each layer, if any. Layers are told apart by number, so that a composition changes no
    draw.
    """
    layers = [m for m in module.modules() if isinstance(m, (nn.Linear, Convolution))]
    for number, layer in enumerate(layers):
        factor = scale * (head if number == len(layers) - 1 else 1.0)
        factor *= scales[number] if scales else 1.0
        _draw_layer(layer, init, (draws, number), std, factor)


def _draw_layer(
    layer: nn.Linear | Convolution,
    init: str,
    place: tuple[Draws, int],
    std: float,
    factor: float,
) -> None:
    draws, number = place
    gain, shift = (getattr(layer, name, 1.0) for name in ("gain", "shift"))
    shape, field = tuple(layer.weight.shape), math.prod(layer.weight.shape[2:])
    fan_in, fan_out = shape[1] * field, shape[0] * field
    weight = _weights(init, shape, (fan_in, fan_out), std, draws.generator("weight", number))
    first = factor * getattr(layer, "first", 1.0)
    assign(layer.weight, weight if first == gain else weight * (first / gain))
    if isinstance(layer.bias, nn.Parameter):
        bound = 1 / math.sqrt(fan_in)
        biases = draws.generator("bias", number).uniform(-bound, bound, shape[0])
        plain = biases if factor == shift else biases * (factor / shift)
        assign(layer.bias, plain if init == "pytorch" else np.zeros(shape[0]))
    begin: Any = getattr(layer, "drawn", None)
    if begin is not None:  # what else it holds begins from what was drawn
        begin()


def _weights(
    init: str, shape: tuple[int, ...], fans: tuple[int, int], std: float, draws: Any
) -> np.ndarray:
    """The first weights of a layer of (fan in, fan out)."""
    fan_in, fan_out = fans
    drawn: np.ndarray
    if init == "pytorch":
        bound = 1 / math.sqrt(fan_in)
        drawn = draws.uniform(-bound, bound, shape)
        return drawn
    if init == "orthogonal":
        return _orthogonal(draws.standard_normal((shape[0], math.prod(shape[1:])))).reshape(shape)
    variance = 2 / (fan_in + fan_out) if init.startswith("xavier") else GAINS.get(init, 0) / fan_in
    if init.endswith("_uniform"):
        bound = math.sqrt(3 * variance)
        drawn = draws.uniform(-bound, bound, shape)
        return drawn
    drawn = draws.normal(0, std if init == "gaussian" else math.sqrt(variance), shape)
    return drawn


def _orthogonal(normal: np.ndarray) -> np.ndarray:
    """The orthogonal factor of a normal matrix, uniform (Mezzadri 2007), as wide and as tall."""
    tall = normal if len(normal) >= normal.shape[1] else normal.T
    left, triangle = np.linalg.qr(tall)
    made: np.ndarray = left * np.sign(triangle.diagonal())
    return made if tall is normal else made.T
