"""`cnn1d`: the convolutional network of MNIST-1D."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.dense import PARAMETRIZATIONS, multipliers
from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm as BatchNormWord
from ddspec.vocabulary.schema import ACTIVATIONS, FIRST_WEIGHTS, choice, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws

CHANNELS = 400  # so many of a stack in all are fastest on a processor
KERNELS = (5, 3, 3)  # every layer has stride 2 and one zero at either end


@word
class Cnn1d(Architecture):
    """Three convolutions of a signal, each with an activation, then an affine layer of all that is
    left: kernels of 5, 3 and 3, stride 2, one zero at either end. MNIST-1D's own has 25 channels
    and relu.

    `init`, `parametrization` and `base` are explained by `mlp`; a fan in is channels times kernel,
    a width a number of channels.

    Source: Greydanus & Kobak, "Scaling down deep learning with MNIST-1D", ICML 2024.
    Example: cnn1d(channels: 25)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units", "convolutional"})
    least_shape: ClassVar[Shape] = (1, 3)

    channels: int = integer("channels of every layer", at_least=1, unit="channels")
    activation: str = choice("nonlinearity after each convolution", *ACTIVATIONS, default="relu")
    init: str = choice("distribution of the first weights", *FIRST_WEIGHTS, default="pytorch")
    parametrization: str = choice(
        "how training depends on width", *PARAMETRIZATIONS, default="standard"
    )
    base: int = integer(
        "channels with which `mup` is standard", default=25, at_least=1, unit="channels"
    )

    def together(self, device: str) -> int | None:
        return max(1, min(32, CHANNELS // self.channels)) if device == "cpu" else None

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        sizes = itertools.pairwise((shape[0], *(self.channels for _ in KERNELS)))
        weights = sum(a * b * kernel for (a, b), kernel in zip(sizes, KERNELS, strict=True))
        # a normalized layer has a scale and a shift in place of its bias
        hidden = len(KERNELS) * self.channels * (2 if BatchNormWord.among(terms) else 1)
        return weights + hidden + (self._features(shape) + 1) * outputs

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        sizes = itertools.pairwise((shape[0], *(self.channels for _ in KERNELS)))
        length, total = shape[-1], 0
        for (before, after), kernel in zip(sizes, KERNELS, strict=True):
            length = (length + 2 - kernel) // 2 + 1
            total += before * after * kernel * length
        return total + self._features(shape) * outputs

    def _features(self, shape: Shape) -> int:
        length = shape[-1]
        for kernel in KERNELS:
            length = (length + 2 - kernel) // 2 + 1
        return self.channels * length

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.layers import (
            BatchNorm,
            Convolution,
            activation,
            dropout_at,
        )

        layers = [*dropout_at("input", terms, 0), nn.Unflatten(1, shape)]
        norm, before = BatchNormWord.among(terms), shape[0]
        how: Any = {"bias": norm is None, "grouped": self.together("cpu") != 1}
        for number, side in enumerate(KERNELS, start=1):
            layer = Convolution(before, self.channels, (side,), stride=2, pad=1, **how)
            layer.gain, layer.shift, layer.first = self._multipliers(number - 1, before * side)
            layers.append(layer)
            if norm is not None:
                layers.append(BatchNorm(self.channels, norm.momentum, norm.epsilon))
            layers += [activation(self.activation), *dropout_at("hidden", terms, number)]
            before = self.channels
        layers += [nn.Flatten(), *dropout_at("head", terms, len(KERNELS) + 1)]
        return nn.Sequential(*layers, self._head(self._features(shape), outputs))

    def _head(self, features: int, outputs: int) -> nn.Linear:
        from ddspec.vocabulary.drawing import affine, scaled

        if self.parametrization == "standard":
            return affine(features, outputs)
        gain, shift, first = self._multipliers(len(KERNELS), features)
        return scaled(features, outputs, gain=gain, shift=shift, first=first)

    def _multipliers(self, number: int, fan_in: int) -> tuple[float, float, float]:
        if self.parametrization == "ntk":
            return 1 / math.sqrt(fan_in), 1.0, 1.0
        widths = (1, *([self.channels] * len(KERNELS)), 1)
        return multipliers((self.parametrization, self.base), widths, number)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.layers import draw

        draw(module, self.init, draws)
