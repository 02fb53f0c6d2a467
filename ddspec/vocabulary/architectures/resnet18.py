"""`resnet18`: the residual network of Nakkiran et al., of any width and depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.convolutional import Convolutional
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.schema import flag, integer, integers

if TYPE_CHECKING:
    from torch import nn

NARROW = 8  # channels up to which a stack is clearly faster than its models one by one
STACKED = 32  # channels of the first stage of a stack in all, on a processor


@word
class Resnet18(Convolutional):
    """A pre-activation ResNet: a convolution of 3 x 3 to k channels, k = `channels`; stages of
    residual blocks with k, 2k, 4k, 8k, ... channels, of which all but the first halve the sides;
    the mean over what is left; an affine layer. k = 64 is the standard ResNet18.

    A block maps x to z + V relu(BN(W a)) with a = relu(BN(x)) and z = x, or a convolution of 1 x 1
    of a where sides or channels change. `blocks` counts the blocks of each stage, two convolutions
    each: [2, 2, 2, 2] is ResNet18, [1, 1, 1, 1] ResNet10, [3, 4, 6, 3] ResNet34. Convolutions have
    no bias. As in the code that Nakkiran et al. published, nothing is normalized after the last
    block; `last_norm: true` adds the normalization and relu of He et al.

    Batch normalization is part of the network (momentum 0.1, epsilon 1e-5), so the regularizer
    `batch_norm` cannot be added. Dropout `at: hidden` acts after each relu.

    `init`, `parametrization` and `base` are explained by `mlp`; a fan in is channels times the
    places of a kernel, a width a number of channels. Batch normalization takes away whatever a
    convolution's outputs are multiplied by: at any width and under every parametrization features
    are as large, and only the last layer's first weights differ. What differs is how far a step
    turns the weights, as without it. Its own scales and shifts stay standard: under `mup` those of
    a wide network hardly move.
    What a block adds to, x or its convolution of 1 x 1, is not normalized before the next block,
    and as large at any width.

    Source: Nakkiran et al., "Deep double descent", 2019, appendix B; He et al., "Identity mappings
    in deep residual networks", 2016. Yang et al., "Tensor programs V", 2022 (`mup`).
    Example: resnet18(channels: width)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units", "normalized", "convolutional"})
    least_shape: ClassVar[Shape] = (1, 2, 2)

    channels: int = integer("channels of the first stage", at_least=1, unit="channels")
    blocks: tuple[int, ...] = integers("blocks of each stage", default=(2, 2, 2, 2), at_least=1)
    last_norm: bool = flag("whether to normalize after the last block", default=False)

    @property
    def layer_count(self) -> int:
        return 2 + sum(2 + (stride > 1 or a != b) for a, b, stride in self._layout())

    def together(self, device: str) -> int | None:
        if device != "cpu":
            return None
        return min(8, STACKED // self.channels) if self.channels <= NARROW else 1

    def _layout(self) -> Iterator[tuple[int, int, int]]:
        """Channels before and after each block, and its stride."""
        before = self.channels
        for stage, count in enumerate(self.blocks):
            for block in range(count):
                yield before, (after := self.channels << stage), 2 if stage and not block else 1
                before = after

    @property
    def _last(self) -> int:
        return self.channels << (len(self.blocks) - 1)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        total = 9 * shape[0] * self.channels
        for before, after, stride in self._layout():
            total += 9 * before * after + 9 * after * after + 2 * (before + after)
            total += before * after if stride > 1 or before != after else 0
        return total + 2 * self._last * self.last_norm + (self._last + 1) * outputs

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        height, width = shape[1:]
        total = 9 * shape[0] * self.channels * height * width
        for before, after, stride in self._layout():
            height, width = -(-height // stride), -(-width // stride)
            each = 9 * before * after + 9 * after * after
            each += before * after if stride > 1 or before != after else 0
            total += each * height * width
        return total + self._last * outputs

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.layers import BatchNorm, Convolution, dropout_at
        from ddspec.vocabulary.residual import Block, Mean

        grouped = self.channels <= NARROW
        stem = Convolution(shape[0], self.channels, (3, 3), pad=1, bias=False, grouped=grouped)
        layers = [*dropout_at("input", terms, 0), nn.Unflatten(1, shape), stem]
        number = 1
        for before, after, stride in self._layout():
            dropped = [dropout_at("hidden", terms, number + place) for place in (0, 1)]
            layers.append(Block(before, after, stride, dropped, grouped=grouped))
            number += 2
        if self.last_norm:
            layers += [BatchNorm(self._last), nn.ReLU(), *dropout_at("hidden", terms, number)]
        layers += [Mean(), *dropout_at("head", terms, number + 1)]
        layers.append(self.head(self._last, outputs, self.channels))
        return self.parametrized(nn.Sequential(*layers), self.channels)
