"""Paths through a chain of affine layers, and how much passes through each weight."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from torch import Tensor


@attrs.frozen(eq=False)
class Affine:
    """An affine layer: the names of its weights and, where it has one, its bias."""

    weight: str
    bias: str | None


def affine_layers(weights: Mapping[str, Tensor]) -> list[Affine]:
    """The affine layers of a chain, in order, from its weights by name in the network's order."""
    matrices = [name for name, weight in weights.items() if weight.dim() > 1]
    biases = {name: name.removesuffix("weight") + "bias" for name in matrices}
    return [Affine(name, bias if bias in weights else None) for name, bias in biases.items()]


def weight_paths(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """For each weight the sum over paths through it of the product of the others' squares.

    A path leads from an input, or from a bias as from a unit that is always 1, to an output.
    """
    layers = affine_layers(weights)
    squares = {name: weight.square() for name, weight in weights.items()}
    arriving = [squares[layers[0].weight].new_ones(weights[layers[0].weight].shape[1])]
    for layer in layers[:-1]:
        arriving.append(_forward(squares, layer, arriving[-1]))
    leaving = squares[layers[-1].weight].new_ones(weights[layers[-1].weight].shape[0])
    found = {}
    for layer, before in zip(reversed(layers), reversed(arriving), strict=True):
        found[layer.weight] = leaving[:, None] * before
        if layer.bias is not None:
            found[layer.bias] = leaving
        leaving = squares[layer.weight].T @ leaving
    return found


def _forward(squares: Mapping[str, Tensor], layer: Affine, before: Tensor) -> Tensor:
    after = squares[layer.weight] @ before
    return after if layer.bias is None else after + squares[layer.bias]
