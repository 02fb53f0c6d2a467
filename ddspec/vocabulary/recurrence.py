"""Recurrent layers, and how a sequence comes to them: simple ones and long short-term memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from ddspec.vocabulary.dense import Factors, Law
from ddspec.vocabulary.drawing import acting, multiplied
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Regularizer
from ddspec.vocabulary.layers import assign, draw, dropout_at
from ddspec.vocabulary.parametrized import factors
from ddspec.vocabulary.recurring import PARTS, elman, long_short_term

Pair = tuple[Factors | None, Factors | None]  # of W and b, and of U


class Recurrent(nn.Module):
    """h_t = f(W x_t + U h_{t-1} + b) with h_0 = 0, for every step of a sequence; f: see `elman`."""

    def __init__(
        self,
        inputs: int,
        units: int,
        by: Pair = (None, None),
        *,
        relu: bool = False,
        parts: int = 1,
    ) -> None:
        super().__init__()
        self.units, self.relu = units, relu
        self.given = multiplied(inputs, parts * units, by[0])
        self.kept = multiplied(units, parts * units, by[1], bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, steps, inputs), to the states (rows, steps, units)."""
        return elman(self._given(x), self.carry, relu=self.relu).transpose(0, 1)

    @property
    def carry(self) -> Tensor:
        """U as it acts, from the right: (units, parts units)."""
        return acting(self.kept)[0].T

    def _given(self, x: Tensor) -> Tensor:
        """W x + b, steps first."""
        made: Tensor = self.given(x.transpose(0, 1))
        return made


class Memory(Recurrent):
    """Long short-term memory: see `long_short_term`; W, U and b have rows of i, f, g and o."""

    def __init__(self, inputs: int, units: int, by: Pair = (None, None)) -> None:
        super().__init__(inputs, units, by, parts=PARTS)

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, steps, inputs), to the states (rows, steps, units)."""
        return long_short_term(self._given(x), self.carry).transpose(0, 1)


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


def draw_recurrent(module: nn.Module, init: str, draws: Draws, law: Law) -> None:
    """Draw first weights as `draw` does, but for recurrent layers under `pytorch`: all of theirs as
    they act uniform within 1 / sqrt(units); under mup W of the first layer and every b within
    1 / sqrt(base), as large at any width.
    """
    draw(module, init, draws)
    if init != "pytorch":
        return
    layers = [layer for layer in module.modules() if isinstance(layer, Recurrent)]
    for number, layer in enumerate(layers):
        bound = 1 / math.sqrt(layer.units)
        same = 1 / math.sqrt(law[1]) if law[0].startswith("mup") else bound
        weights = {
            "given": (layer.given.weight, bound if number else same, _of(layer.given, "gain")),
            "bias": (layer.given.bias, same, _of(layer.given, "shift")),
            "kept": (layer.kept.weight, bound, _of(layer.kept, "gain")),
        }
        for name, (weight, most, factor) in weights.items():
            drawn = draws.generator("recurrent", number, name).uniform
            assign(weight, drawn(-most / factor, most / factor, tuple(weight.shape)))


def _of(layer: nn.Linear, name: str) -> float:
    """A multiplier of a layer."""
    return float(getattr(layer, name, 1.0))


def recurrent_network(
    sizes: Sequence[int],
    layer: Callable[[int, int, Pair], Recurrent],
    by: tuple[Law, str],
    terms: tuple[Regularizer, ...],
    *,
    parts: int = 1,
) -> nn.Module:
    """Recurrent layers, then an affine layer of the last state; with the dropout of a composition:
    `hidden` after every layer, other units at every step.

    sizes: features, units of each layer, outputs. by: the parametrization and the law of first
    weights. parts: as in `Recurrent`.
    """
    made, every = [*dropout_at("input", terms, 0), Steps(sizes[0])], factors(by[0], sizes, by[1])
    for number, (before, units) in enumerate(itertools.pairwise(sizes[:-1]), start=1):
        kept = factors(by[0], (units,) * 4, by[1])[1]
        given = every[number - 1] if number > 1 else _of_inputs(sizes, by, parts)
        made += [layer(before, units, (given, kept)), *dropout_at("hidden", terms, number)]
    made += [Last(), *dropout_at("head", terms, len(sizes) - 1)]
    return nn.Sequential(*made, multiplied(sizes[-2], sizes[-1], every[-1]))


def _of_inputs(sizes: Sequence[int], by: tuple[Law, str], parts: int) -> Factors | None:
    """The factors of W and b of the first layer, whose outputs are `parts` a unit."""
    (name, base), init = by
    return factors((name, parts * base), (sizes[0], parts * sizes[1], 1), init)[0]
