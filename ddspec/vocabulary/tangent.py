"""The first-order Taylor expansion of a network in its weights."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vjp, vmap

from ddspec.vocabulary.layers import BatchNorm, Convolution, MaxPool

Tensors = dict[str, Tensor]
CHANGE, FIRST, OTHER = "change", "first", "held"  # of weights, first weights, and buffers
NUMBERS = 1 << 24  # numbers of a Jacobian made at once


class Linearized(nn.Module):
    """f(x; w) + J(x) c of a network f: w its first weights, J the Jacobian of its outputs in them,
    and c their change, which is trained and starts at zero. Centered, it is J(x) c.

    The network is that in evaluation, with the running averages it starts with. Its weights and
    buffers are held here; a dot in a name becomes a dash.
    """

    def __init__(self, network: nn.Module, *, centered: bool) -> None:
        super().__init__()
        for layer in network.modules():
            if isinstance(layer, (BatchNorm, Convolution, MaxPool)):
                layer.plain = True
        self._network = (network.eval(),)  # in a tuple, so that it is no part
        self.centered = centered
        trained = {n: w for n, w in network.named_parameters() if w.requires_grad}
        self._names = tuple(trained)
        for name, weight in trained.items():
            self.register_parameter(_own(CHANGE, name), nn.Parameter(torch.zeros_like(weight)))
            self.register_buffer(_own(FIRST, name), torch.zeros_like(weight))
        for name, held in _held(network).items():
            self.register_buffer(_own(OTHER, name), held.detach().clone())

    @property
    def network(self) -> nn.Module:
        """The network; its own weights play no part."""
        return self._network[0]

    @property
    def dtype(self) -> torch.dtype:
        """The precision of its weights."""
        return next(iter(self.first.values())).dtype

    @property
    def first(self) -> Tensors:
        """First weights by the network's names."""
        return {name: self._own(FIRST, name) for name in self._names}

    @property
    def change(self) -> Tensors:
        """The trained changes by the network's names."""
        return {name: self._own(CHANGE, name) for name in self._names}

    def _own(self, role: str, name: str) -> Tensor:
        own: Tensor = getattr(self, _own(role, name))  # of any class, when a function calls it
        return own

    def settle(self) -> None:
        """Take the network's weights and buffers, as they are, for the first."""
        own = {name: w.detach() for name, w in self.network.named_parameters()}
        with torch.no_grad():
            for name in self._names:
                self._own(FIRST, name).copy_(own[name])
            for name, held in _held(self.network).items():
                self._own(OTHER, name).copy_(held)

    def at(self, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """What the network puts out at these weights."""
        held = {name: _like(self._own(OTHER, name), x) for name in _held(self.network)}
        made: Tensor = functional_call(self.network, {**weights, **held}, (x,))
        return made

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, inputs), to (rows, outputs)."""
        first = {name: _like(weight, x) for name, weight in self.first.items()}
        change = {name: _like(weight, x) for name, weight in self.change.items()}
        start, moved = jvp(lambda weights: self.at(weights, x), first, change)
        return moved if self.centered else start + moved

    def start(self, x: Tensor) -> Tensor:
        """What it puts out before its weights change."""
        made = self.at(self.first, x)
        return torch.zeros_like(made) if self.centered else made

    def moved(self, x: Tensor, change: Tensor) -> Tensor:
        """J(x) change, (rows, outputs), of a change as one vector."""
        return jvp(lambda weights: self.at(weights, x), self.first, self.named(change))[1]

    def pulled(self, x: Tensor, outputs: Tensor) -> Tensor:
        """J(x)^T outputs, a vector, of numbers for every row and output, laid flat."""
        made, back = vjp(lambda weights: self.at(weights, x), self.first)[:2]
        (found,) = back(outputs.view(made.shape))
        return torch.cat([part.flatten() for part in found.values()])

    def jacobian(self, x: Tensor) -> Tensor:
        """J(x), (rows outputs, weights): sample by sample, output by output."""
        size = max(1, NUMBERS // sum(w.numel() for w in self.first.values()))
        parts = torch.split(x, size)
        return torch.cat([self._jacobian(part) for part in parts])

    def _jacobian(self, x: Tensor) -> Tensor:
        def of_one(row: Tensor) -> Tensors:
            made: Tensors = jacrev(lambda weights: self.at(weights, row[None])[0])(self.first)
            return made

        found = vmap(of_one)(x)
        return torch.cat([part.flatten(2) for part in found.values()], dim=2).flatten(0, 1)

    def named(self, vector: Tensor) -> Tensors:
        """Weights by the network's names from a vector, (weights,)."""
        shapes = {name: weight.shape for name, weight in self.first.items()}
        parts = torch.split(vector, [math.prod(shape) for shape in shapes.values()])
        return {n: p.view(shape) for (n, shape), p in zip(shapes.items(), parts, strict=True)}


def jvp(
    function: Callable[[Tensors], Tensor], at: Tensors, along: Tensors
) -> tuple[Tensor, Tensor]:
    """A function's value, and its derivative along a direction."""
    _forward_rules()
    value, slope = torch.func.jvp(function, (at,), (along,))[:2]
    return value, slope


@functools.cache
def _forward_rules() -> Any:
    """Rules that torch loads at the first derivative, and then warns of its own ways."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import torch._decomp.decompositions_for_jvp as rules
    return rules


def _own(role: str, name: str) -> str:
    return f"{role}-{name.replace('.', '-')}"


def _held(network: nn.Module) -> Tensors:
    """Buffers, and weights that are not trained."""
    fixed = {n: w.detach() for n, w in network.named_parameters() if not w.requires_grad}
    return fixed | dict(network.named_buffers())


def _like(tensor: Tensor, x: Tensor) -> Tensor:
    """Real numbers in the precision of x."""
    return tensor.to(x.dtype) if tensor.is_floating_point() else tensor
