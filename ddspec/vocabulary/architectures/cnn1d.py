"""`cnn1d`: the convolutional network of MNIST-1D."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.convolutional import (
    Successive,
    beside,
    convolution,
    followed,
    head_parameters,
)
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.schema import ACTIVATIONS, choice, integer

if TYPE_CHECKING:
    from torch import nn

CHANNELS = 400  # so many of a stack in all are fastest on a processor
KERNELS = (5, 3, 3)  # every layer has stride 2 and one zero at either end


@word
class Cnn1d(Successive):
    """Three convolutions of a signal, each with an activation, then an affine layer of all that is
    left: kernels of 5, 3 and 3, stride 2, one zero at either end. MNIST-1D's own has 25 channels
    and relu.

    `init`, `parametrization` and `base` are explained by `mlp`; a fan in is channels times kernel,
    a width a number of channels.

    Source: Greydanus & Kobak, "Scaling down deep learning with MNIST-1D", ICML 2024.
    Example: cnn1d(channels: 25)
    """

    least_shape: ClassVar[Shape] = (1, 3)

    channels: int = integer("channels of every layer", at_least=1, unit="channels")
    activation: str = choice("nonlinearity after each convolution", *ACTIVATIONS, default="relu")
    base: int = integer(
        "`channels` with which `mup` is standard", default=25, at_least=1, unit="channels"
    )

    @property
    def layer_count(self) -> int:
        return len(KERNELS) + 1

    def together(self, device: str) -> int | None:
        return max(1, min(32, CHANNELS // self.channels)) if device == "cpu" else None

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        sizes = itertools.pairwise((shape[0], *(self.channels for _ in KERNELS)))
        weights = sum(a * b * kernel for (a, b), kernel in zip(sizes, KERNELS, strict=True))
        hidden = len(KERNELS) * self.channels * beside(terms)
        return weights + hidden + head_parameters(self._features(shape), outputs, terms)

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

        from ddspec.vocabulary.layers import dropout_at

        layers = [*dropout_at("input", terms, 0), nn.Unflatten(1, shape)]
        before, how = shape[0], {"stride": 2, "pad": 1, "grouped": self.together("cpu") != 1}
        for number, side in enumerate(KERNELS, start=1):
            layers.append(convolution((before, self.channels), (side,), terms, **how))
            layers += followed(self.channels, terms, self.activation, number)
            before = self.channels
        layers += [nn.Flatten(), *dropout_at("head", terms, len(KERNELS) + 1)]
        layers.append(self.head(self._features(shape), outputs, self.channels, terms))
        return self.parametrized(nn.Sequential(*layers), self.channels)
