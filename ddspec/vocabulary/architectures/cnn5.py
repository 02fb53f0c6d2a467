"""`cnn5`: the five-layer convolutional network of Nakkiran et al."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.convolutional import Convolutional
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import nn

POOLS = (1, 2, 2)  # sides of the fields; the last layer pools all that is left
NARROW = 4  # channels up to which a stack is faster than its models one by one, on a processor


@word
class Cnn5(Convolutional):
    """Four convolutions of 3 x 3 with k, 2k, 4k and 8k channels, k = `channels`, each with batch
    normalization, relu and max pooling, then an affine layer. Fields of pooling are 1, 2, 2 and
    all that is left: 8 of a side in images of 32 x 32.

    Batch normalization is part of the network (momentum 0.1, epsilon 1e-5), so the regularizer
    `batch_norm` cannot be added. Convolutions have no bias: the normalization after them takes any
    constant away. (With biases, as published, there are 15 k more parameters, 960 for k = 64, and
    the same functions.)

    `init`, `parametrization` and `base` are explained by `mlp`; a fan in is channels times the
    places of a kernel, a width a number of channels. Batch normalization takes away whatever a
    convolution's outputs are multiplied by: at any width and under every parametrization features
    are as large, and only the last layer's first weights differ. What differs is how far a step
    turns the weights, as without it. Its own scales and shifts stay standard: under `mup` those of
    a wide network hardly move.

    Source: Nakkiran et al., "Deep double descent", 2019, appendix B. Yang et al., "Tensor programs
    V", 2022 (`mup`).
    Example: cnn5(channels: width)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units", "normalized", "convolutional"})
    least_shape: ClassVar[Shape] = (1, 4, 4)

    channels: int = integer("channels of the first layer", at_least=1, unit="channels")

    @property
    def layer_count(self) -> int:
        return len(self._widths) + 1

    def together(self, device: str) -> int | None:
        if device != "cpu":
            return None
        return 8 if self.channels <= NARROW else 1

    @property
    def _widths(self) -> tuple[int, ...]:
        return tuple(self.channels << layer for layer in range(4))

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        sizes = (shape[0], *self._widths)
        weights = sum(9 * a * b for a, b in itertools.pairwise(sizes))
        return weights + 2 * sum(self._widths) + (sizes[-1] + 1) * outputs

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        (height, width), total = shape[1:], 0
        sizes = itertools.pairwise((shape[0], *self._widths))
        for (before, after), pool in zip(sizes, (*POOLS, 1), strict=True):
            total += 9 * before * after * height * width
            height, width = height // pool, width // pool
        return total + self._widths[-1] * outputs

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.layers import BatchNorm, Convolution, MaxPool, dropout_at

        height, width = shape[1:]
        layers: list[nn.Module] = [*dropout_at("input", terms, 0), nn.Unflatten(1, shape)]
        sizes = itertools.pairwise((shape[0], *self._widths))
        grouped = self.channels <= NARROW
        for number, (before, after) in enumerate(sizes, start=1):
            layers.append(Convolution(before, after, (3, 3), pad=1, bias=False, grouped=grouped))
            layers += [BatchNorm(after), nn.ReLU(), *dropout_at("hidden", terms, number)]
            pool = (height, width) if number > len(POOLS) else (POOLS[number - 1],) * 2
            height, width = height // pool[0], width // pool[1]
            if pool != (1, 1):
                layers.append(MaxPool(pool))
        layers += [nn.Flatten(), *dropout_at("head", terms, len(POOLS) + 2)]
        layers.append(self.head(self._widths[-1], outputs, self.channels))
        return self.parametrized(nn.Sequential(*layers), self.channels)
