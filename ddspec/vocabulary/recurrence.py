"""Recurrent layers, and how a sequence comes to them: simple ones and long short-term memory."""

from __future__ import annotations

import math

from torch import Tensor, nn

from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Regularizer
from ddspec.vocabulary.layers import affine, assign, draw, dropout_at
from ddspec.vocabulary.recurring import PARTS, elman, long_short_term


class Recurrent(nn.Module):
    """h_t = f(W x_t + U h_{t-1} + b) with h_0 = 0, for every step of a sequence; f: see `elman`."""

    def __init__(self, inputs: int, units: int, *, relu: bool = False, parts: int = 1) -> None:
        super().__init__()
        self.units, self.relu = units, relu
        self.given = affine(inputs, parts * units)
        self.kept = affine(units, parts * units, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, steps, inputs), to the states (rows, steps, units)."""
        return elman(self._given(x), self.kept.weight.T, relu=self.relu).transpose(0, 1)

    def _given(self, x: Tensor) -> Tensor:
        """W x + b, steps first."""
        made: Tensor = self.given(x.transpose(0, 1))
        return made


class Memory(Recurrent):
    """Long short-term memory: see `long_short_term`; W, U and b have rows of i, f, g and o."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__(inputs, units, parts=PARTS)

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, steps, inputs), to the states (rows, steps, units)."""
        return long_short_term(self._given(x), self.kept.weight.T).transpose(0, 1)


class Steps(nn.Module):
    """Sequences of vectors laid flat, features first, as their steps: (rows, steps, features)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.features = features

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, features x steps), to (rows, steps, features)."""
        return x.reshape(len(x), self.features, -1).transpose(1, 2)


class Last(nn.Module):
    """The last step."""

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, steps, units), to (rows, units)."""
        return x[:, -1]


def draw_recurrent(module: nn.Module, init: str, draws: Draws) -> None:
    """Draw first weights as `draw` does, but for recurrent layers under `pytorch`: all of theirs
    uniform within 1 / sqrt(units).
    """
    draw(module, init, draws)
    if init != "pytorch":
        return
    layers = [layer for layer in module.modules() if isinstance(layer, Recurrent)]
    for number, layer in enumerate(layers):
        bound = 1 / math.sqrt(layer.units)
        weights = (layer.given.weight, layer.given.bias, layer.kept.weight)
        for name, weight in zip(("given", "bias", "kept"), weights, strict=True):
            law = draws.generator("recurrent", number, name).uniform
            assign(weight, law(-bound, bound, tuple(weight.shape)))


def recurrent_parameters(features: int, units: int, layers: int, parts: int = 1) -> int:
    """The trained numbers of recurrent layers one after the other."""
    inputs = features + units * (layers - 1)
    return parts * units * (inputs + (units + 1) * layers)


def recurrent_network(
    features: int,
    outputs: int,
    layers: list[Recurrent],
    terms: tuple[Regularizer, ...],
) -> nn.Module:
    """Recurrent layers, then an affine layer of the last state; with the dropout of a composition:
    `hidden` after every layer, other units at every step.
    """
    made = [*dropout_at("input", terms, 0), Steps(features)]
    for number, layer in enumerate(layers, start=1):
        made += [layer, *dropout_at("hidden", terms, number)]
    made += [Last(), *dropout_at("head", terms, len(layers) + 1)]
    return nn.Sequential(*made, affine(layers[-1].units, outputs))
