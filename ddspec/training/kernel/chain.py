"""A network as a chain of stages: affine, normalization, activation, dropout, affine, ..."""

from __future__ import annotations

import attrs
from torch import nn

from ddspec.vocabulary.layers import BatchNorm, Dropout, Sigmoid, Silu

MOST_STAGES = 64  # as in dense.c
# Activations by their numbers there; leaky units are rectified ones with a slope below zero.
ACTIVATIONS: dict[type[nn.Module], int] = {
    nn.ReLU: 1,
    nn.LeakyReLU: 1,
    nn.Tanh: 2,
    Sigmoid: 3,
    Silu: 4,
}


@attrs.define(eq=False)
class Link:
    """One stage. `norm` and `drops`: names of modules, of whose buffers a step makes use.

    act: the number of its activation, 0 without; slope: of rectified units below zero.
    """

    inputs: int
    outputs: int
    bias: bool
    norm: str = ""
    momentum: float = 0.0
    epsilon: float = 0.0
    act: int = 0
    slope: float = 0.0
    drops: list[tuple[str, int]] = attrs.field(factory=list)


@attrs.frozen(eq=False)
class Chain:
    """The stages of a network and the dropout before the first, by name and number."""

    links: list[Link]
    drops: list[tuple[str, int]]

    @classmethod
    def of(cls, network: nn.Module) -> Chain | None:
        """The chain that a network is; None when it is anything else."""
        if type(network) is not nn.Sequential:
            return None
        chain = cls([], [])
        for name, layer in network.named_children():
            if not chain.takes(name, layer):
                return None
        return chain if 0 < len(chain.links) <= MOST_STAGES else None

    def takes(self, name: str, layer: nn.Module) -> bool:
        """Add a layer; False when a chain has no place for it there."""
        last = self.links[-1] if self.links else None
        kind = type(layer)
        if kind is nn.Linear:
            return self._affine(layer)
        if kind is Dropout:
            (self.drops if last is None else last.drops).append((name, int(layer.layer)))  # type: ignore[arg-type]
            return True
        if last is None or last.act or last.drops:
            return False
        if kind is BatchNorm and not last.norm:
            last.norm, last.momentum, last.epsilon = name, layer.momentum, layer.epsilon  # type: ignore[assignment]
            return True
        if kind in ACTIVATIONS:
            last.act, last.slope = ACTIVATIONS[kind], float(getattr(layer, "negative_slope", 0.0))
            return True
        return False

    def _affine(self, layer: nn.Module) -> bool:
        assert isinstance(layer, nn.Linear)
        if not all(weight.requires_grad for weight in layer.parameters()):
            return False
        self.links.append(Link(layer.in_features, layer.out_features, layer.bias is not None))
        return True
