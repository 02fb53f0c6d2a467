"""`deep_cnn`: a plain convolutional network of any depth."""

from __future__ import annotations

from collections.abc import Iterator
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

CHANNELS = 32  # so many of a stack in all are fastest on a processor


@word
class DeepCnn(Successive):
    """`depth` convolutions of 3 x 3, each with `channels` channels and an activation, the mean over
    all places, and an affine layer: a fully convolutional network, whose size is its depth.

    `halvings` of the convolutions, spread evenly, have stride 2 and halve the sides; the others
    keep them.

    `init`, `parametrization` and `base` are explained by `mlp`; a fan in is channels times the
    places of a kernel, a width a number of channels. Depth changes neither: `mup` is about width.

    Source: Nichani, Radhakrishnan & Uhler, "Do deeper convolutional networks perform better?",
    2020. Yang et al., "Tensor programs V", 2022 (`mup`).
    Example: deep_cnn(depth: 8, channels: 32)
    """

    least_shape: ClassVar[Shape] = (1, 1, 1)

    depth: int = integer("number of convolutions", at_least=1, at_most=10_000)
    channels: int = integer("channels of each of them", at_least=1, unit="channels")
    halvings: int = integer("how many of them halve the sides", default=0, at_least=0)
    activation: str = choice(
        "nonlinearity after each convolution", *ACTIVATIONS, default="leaky_relu"
    )

    @property
    def layer_count(self) -> int:
        return self.depth + 1

    def unfit(self, shape: Shape) -> str:
        if self.halvings > self.depth:
            return f"{self.halvings} of {self.depth} convolutions cannot halve the sides"
        return ""

    def together(self, device: str) -> int | None:
        return max(1, CHANNELS // self.channels) if device == "cpu" else None

    def _layout(self, shape: Shape) -> Iterator[tuple[int, int]]:
        """Channels before each convolution, and its stride."""
        for layer in range(self.depth):
            done, then = (number * self.halvings // self.depth for number in (layer, layer + 1))
            yield self.channels if layer else shape[0], 2 if then > done else 1

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        each = beside(terms)
        weights = sum(9 * before + each for before, _ in self._layout(shape))
        return weights * self.channels + head_parameters(self.channels, outputs, terms)

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        (height, width), total = shape[1:], 0
        for before, stride in self._layout(shape):
            height, width = -(-height // stride), -(-width // stride)
            total += 9 * before * self.channels * height * width
        return total + self.channels * outputs

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.layers import dropout_at
        from ddspec.vocabulary.residual import Mean

        layers = [*dropout_at("input", terms, 0), nn.Unflatten(1, shape)]
        grouped = self.together("cpu") != 1
        for number, (before, stride) in enumerate(self._layout(shape), start=1):
            how = {"stride": stride, "pad": 1, "grouped": grouped}
            layers.append(convolution((before, self.channels), (3, 3), terms, **how))
            layers += followed(self.channels, terms, self.activation, number)
        layers += [Mean(), *dropout_at("head", terms, self.depth + 1)]
        layers.append(self.head(self.channels, outputs, self.channels, terms))
        return self.parametrized(nn.Sequential(*layers), self.channels)
