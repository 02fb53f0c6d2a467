"""Layers whose weight is a product of two factors."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn

from ddspec.vocabulary.convolving import Convolution
from ddspec.vocabulary.drawing import Scaled, affine, assign, scaled

Dense = nn.Linear | Convolution


class Factored(nn.Module):
    """A layer in place of a dense one: `first`, to `rank` units or channels, then `last`.

    A convolution becomes one of the same kernel to `rank` channels and one of kernel 1. The rank is
    that of the dense weight at most.
    """

    def __init__(self, dense: Dense, rank: int) -> None:
        super().__init__()
        self._dense = (copy.deepcopy(dense).to("meta"),)  # in a tuple, so that it is no part
        rank = min(rank, dense.weight.shape[0], math.prod(dense.weight.shape[1:]))
        pair: tuple[Dense, Dense] = (
            _convolutions(dense, rank) if isinstance(dense, Convolution) else _affines(dense, rank)
        )
        self.first, self.last = pair

    def forward(self, x: Tensor) -> Tensor:
        """A pass through one factor, then the other."""
        made: Tensor = self.last(self.first(x))
        return made

    def dense(self) -> Dense:
        """A layer like the one replaced, its weights undrawn."""
        weight = self.first.weight
        return copy.deepcopy(self._dense[0]).to_empty(device=weight.device).to(weight.dtype)

    def factor(self, dense: Dense) -> None:
        """Take the best factors of a dense layer's weight, both multiplied so that the product is
        as large in Frobenius norm, and its bias.
        """
        matrix = dense.weight.detach().flatten(1).double().cpu().numpy()
        rank = self.first.weight.shape[0]
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
        kept = float(np.linalg.norm(values[:rank]))
        roots = np.sqrt(values[:rank] * (np.linalg.norm(values) / kept if kept else 1.0))
        first, last = roots[:, None] * right[:rank], left[:, :rank] * roots
        assign(self.first.weight, first.reshape(tuple(self.first.weight.shape)))
        assign(self.last.weight, last.reshape(tuple(self.last.weight.shape)))
        if isinstance(self.last.bias, nn.Parameter) and isinstance(dense.bias, nn.Parameter):
            with torch.no_grad():
                self.last.bias.copy_(dense.bias)


def _affines(dense: nn.Linear, rank: int) -> tuple[nn.Linear, nn.Linear]:
    bias = dense.bias is not None
    first = affine(dense.in_features, rank, bias=False)
    if isinstance(dense, Scaled):
        gain, shift = dense.gain, dense.shift
        return first, scaled(rank, dense.out_features, bias=bias, gain=gain, shift=shift)
    return first, affine(rank, dense.out_features, bias=bias)


def _convolutions(dense: Convolution, rank: int) -> tuple[Convolution, Convolution]:
    outputs, inputs, *kernel = dense.weight.shape
    steps = dense.steps
    first = Convolution(
        inputs,
        rank,
        tuple(kernel),
        stride=steps.stride[1],
        pad=steps.pad[1],
        bias=False,
        grouped=steps.grouped,
    )
    ones = (1,) * len(kernel)
    last = Convolution(rank, outputs, ones, bias=dense.bias is not None, grouped=steps.grouped)
    last.gain, last.shift = dense.gain, dense.shift
    return first, last


def factored(network: nn.Module, rank: int) -> None:
    """Replace every affine and convolutional layer of a network by its factors."""
    put(network, {name: Factored(layer, rank) for name, layer in dense_layers(network).items()})


def dense_layers(network: nn.Module) -> dict[str, Dense]:
    """Affine and convolutional layers by name."""
    found = network.named_modules()
    return {name: layer for name, layer in found if isinstance(layer, (nn.Linear, Convolution))}


def factors(network: nn.Module) -> dict[str, Factored]:
    """Factored layers by name."""
    return {name: layer for name, layer in network.named_modules() if isinstance(layer, Factored)}


def put(network: nn.Module, layers: dict[str, Dense] | dict[str, Factored]) -> None:
    """Put layers in the places of those of their names."""
    for name, layer in layers.items():
        above, _, own = name.rpartition(".")
        setattr(network.get_submodule(above), own, layer)
