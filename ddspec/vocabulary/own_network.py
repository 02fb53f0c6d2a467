"""Architectures that are somebody's own `torch.nn.Module` as it is; this loads no torch."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


class OwnNetwork(Architecture):
    """An architecture whose `network` is a plain module: all else follows from it.

    The module is called with samples as the dataset shapes them, (rows, *shape), and puts out
    (rows, outputs). It keeps the first weights that torch draws in making it, which depend on
    `seed.init` alone. Its `nn.Dropout` draws from `seed.order`, and its batch normalization passes
    over the padding of short minibatches, so that networks may train side by side; neither changes
    what it computes. Parameters and multiplications are counted on the module itself.

    `traits` say what compositions need to know of it: `normalized` where normalization is part of
    it. Without `hidden_units` no layers are added to it: `dropout(at: hidden)` is then refused.
    """

    def network(self, shape: Shape, outputs: int) -> nn.Module:
        """The module for samples of a shape, as (inputs,) or (channels, height, width), that puts
        out so many numbers a sample.
        """
        raise NotImplementedError

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return _counts(self, shape, outputs, terms)[0]

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return _counts(self, shape, outputs, terms)[1]

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.layers import dropout_at
        from ddspec.vocabulary.own_layers import stackable

        module = stackable(self.network(shape, outputs))
        before = [*dropout_at("input", terms, 0)]
        if len(shape) > 1:
            before.append(nn.Unflatten(1, shape))
        return nn.Sequential(*before, module) if before else module

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        """Leave the weights as they were drawn when the module was made."""


@lru_cache(maxsize=4096)
def _counts(
    architecture: Architecture, shape: Shape, outputs: int, terms: tuple[Regularizer, ...]
) -> tuple[int, int]:
    """The trained parameters and the multiplications of a pass of one sample."""
    from ddspec.vocabulary.own_layers import counts

    return counts(lambda: architecture.build(shape, outputs, terms), shape)
