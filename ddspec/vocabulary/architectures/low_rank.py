"""`low_rank`: a network whose layers are products of two factors."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.schema import integer, word_of

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.pool import Pool


@word
class LowRank(Architecture):
    """A network with the weight W, (out, in), of every affine and convolutional layer replaced by
    a product U V of that rank, U (out, rank) and V (rank, in). A convolution becomes one of its
    kernel to `rank` channels, then one of kernel 1. A layer of lower rank keeps its own. Recurrent
    and graph networks, whose weights act at every step or on all nodes, are not factored.

    First weights are those of the network, W = L S R^T by its singular values, cut to the rank:
    U = c L S^(1/2) and V = c S^(1/2) R^T, where c makes U V as large as W in Frobenius norm.
    Penalties and optimizers act on the factors.

    Source: Khodak et al., "Initialization and regularization of factorized neural layers", 2021.
    Example: low_rank(mlp(hidden: [64, 64]), rank: 8)
    """

    net: Architecture = word_of("architecture", "the network whose layers are factored")
    rank: int = integer("rank of every layer's weight", at_least=1)

    @property
    def traits(self) -> frozenset[str]:  # type: ignore[override]  # those of the network
        return self.net.traits - {"linear_in_parameters", "own_weights"}

    @property
    def random(self) -> bool:  # type: ignore[override]  # as is the network
        return self.net.random

    @property
    def least_shape(self) -> Shape:  # type: ignore[override]  # that of the network
        return self.net.least_shape

    @property
    def reads(self) -> str:  # type: ignore[override]  # what the network does
        return self.net.reads

    @property
    def least_inputs(self) -> int:
        return self.net.least_inputs

    @property
    def layer_count(self) -> int | None:
        count = self.net.layer_count
        return None if count is None else 2 * count

    def unfit(self, shape: Shape) -> str:
        if "estimator" in self.net.traits:
            return f"`{self.net.name()}` has no weights that gradients train"
        if self.net.traits & {"recurrent", "graph"}:
            return f"`{self.net.name()}` uses its weights otherwise than row by row"
        return self.net.unfit(shape)

    def together(self, device: str) -> int | None:
        return self.net.together(device)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return _counted(self, shape, outputs, terms)[0]

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return _counted(self, shape, outputs, terms)[1]

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from ddspec.vocabulary.factoring import factored

        network = self.net.build(shape, outputs, terms)
        factored(network, self.rank)
        return network

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary import factoring

        factors = factoring.factors(module)
        dense = {name: layer.dense() for name, layer in factors.items()}
        factoring.put(module, dense)
        self.net.initialize(module, draws)
        factoring.put(module, factors)
        for name, layer in factors.items():
            layer.factor(dense[name])

    def attach(self, module: nn.Module, pool: Pool) -> None:
        self.net.attach(module, pool)


@functools.lru_cache(maxsize=4096)
def _counted(
    word: LowRank, shape: Shape, outputs: int, terms: tuple[Regularizer, ...]
) -> tuple[int, int]:
    """Trained parameters, and multiplications of a pass, of a network as it is built."""
    import torch

    from ddspec.vocabulary.factoring import dense_layers

    network = word.build(shape, outputs, terms).eval()
    used = 0

    def count(layer: nn.Module, _: object, made: torch.Tensor) -> None:
        nonlocal used
        used += layer.weight.numel() * math.prod(made.shape[2:])  # type: ignore[operator]

    for layer in dense_layers(network).values():
        layer.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, math.prod(shape)))
    return sum(w.numel() for w in network.parameters() if w.requires_grad), used
