"""`deep_cnn`: a plain convolutional network of any depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm as BatchNormWord
from ddspec.vocabulary.schema import ACTIVATIONS, FIRST_WEIGHTS, choice, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws

CHANNELS = 32  # so many of a stack in all are fastest on a processor


@word
class DeepCnn(Architecture):
    """`depth` convolutions of 3 x 3, each with `channels` channels and an activation, the mean over
    all places, and an affine layer: a fully convolutional network, whose size is its depth.

    `halvings` of the convolutions, spread evenly, have stride 2 and halve the sides; the others
    keep them. `init: pytorch` draws weights and biases uniformly within 1/sqrt(fan in); `he` and
    `xavier` draw weights from He's and Glorot's normal distributions and set biases to zero.

    Source: Nichani, Radhakrishnan & Uhler, "Do deeper convolutional networks perform better?",
    2020.
    Example: deep_cnn(depth: 8, channels: 32)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units", "convolutional"})
    least_shape: ClassVar[Shape] = (1, 1, 1)

    depth: int = integer("number of convolutions", at_least=1)
    channels: int = integer("channels of each of them", at_least=1, unit="channels")
    halvings: int = integer("how many of them halve the sides", default=0, at_least=0)
    activation: str = choice(
        "nonlinearity after each convolution", *ACTIVATIONS, default="leaky_relu"
    )
    init: str = choice("distribution of the first weights", *FIRST_WEIGHTS, default="pytorch")

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
        # a normalized layer has a scale and a shift in place of its bias
        beside = 2 if BatchNormWord.among(terms) else 1
        weights = sum(9 * before + beside for before, _ in self._layout(shape))
        return weights * self.channels + (self.channels + 1) * outputs

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        (height, width), total = shape[1:], 0
        for before, stride in self._layout(shape):
            height, width = -(-height // stride), -(-width // stride)
            total += 9 * before * self.channels * height * width
        return total + self.channels * outputs

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.layers import BatchNorm, Convolution, activation, affine, dropout_at
        from ddspec.vocabulary.residual import Mean

        layers = [*dropout_at("input", terms, 0), nn.Unflatten(1, shape)]
        norm = BatchNormWord.among(terms)
        how: Any = {"pad": 1, "bias": norm is None, "grouped": self.together("cpu") != 1}
        for number, (before, stride) in enumerate(self._layout(shape), start=1):
            layers.append(Convolution(before, self.channels, (3, 3), stride=stride, **how))
            if norm is not None:
                layers.append(BatchNorm(self.channels, norm.momentum, norm.epsilon))
            layers += [activation(self.activation), *dropout_at("hidden", terms, number)]
        layers += [Mean(), *dropout_at("head", terms, self.depth + 1)]
        return nn.Sequential(*layers, affine(self.channels, outputs))

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.layers import draw

        draw(module, self.init, draws)
