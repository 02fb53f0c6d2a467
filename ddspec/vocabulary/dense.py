"""Chains of affine layers with elementwise activations, and the multipliers of parametrizations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from ddspec.vocabulary.kinds import Regularizer
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm as BatchNormWord
from ddspec.vocabulary.regularizers.layer_norm import LayerNorm as LayerNormWord
from ddspec.vocabulary.regularizers.path_normalization import PathNormalization
from ddspec.vocabulary.regularizers.weight_norm import WeightNorm

if TYPE_CHECKING:
    from torch import nn

PARAMETRIZATIONS = ("standard", "ntk", "mup", "mup_adam")
Law = tuple[str, int]  # a parametrization and its base width
Factors = tuple[float, float, float]  # of a weight, of a bias, and of the first weight as it acts


def multipliers(law: Law, sizes: Sequence[float], number: int) -> Factors:
    """Of layer `number` of those between `sizes`: the factors of its weight and of its bias in the
    forward pass, and a factor of its first weight as it acts.

    ntk: 1 / sqrt(fan in), 1, 1. For mup, r = width / base of a hidden layer, 1 of inputs and
    outputs. mup, for sgd: sqrt(r_out / r_in), sqrt(r_out), 1; mup_adam: 1 / r_in, 1, 1; for both
    the first weight of the last layer is smaller by sqrt(r_in).
    """
    name, base = law
    if name == "standard":
        return 1.0, 1.0, 1.0
    if name == "ntk":
        return 1 / math.sqrt(sizes[number]), 1.0, 1.0
    before = sizes[number] / base if number else 1.0
    last = number == len(sizes) - 2
    after = 1.0 if last else sizes[number + 1] / base
    first = 1 / math.sqrt(before) if last else 1.0
    if name == "mup":
        return math.sqrt(after / before), math.sqrt(after), first
    return 1 / before, 1.0, first


def chained(law: Law, sizes: Sequence[int]) -> tuple[Factors | None, ...]:
    """`multipliers` of every layer between `sizes`; None where nothing is multiplied."""
    layers = range(len(sizes) - 1)
    return tuple(None if law[0] == "standard" else multipliers(law, sizes, n) for n in layers)


def misdrawn(init: str, std: float | None, scales: tuple[float, ...] = (), layers: int = 0) -> str:
    """What is wrong with a distribution of first weights, its deviation and the factors of layers;
    empty when nothing.
    """
    if scales and len(scales) != layers:
        return f"`scales` has {len(scales)} factors for {layers} layers"
    if init == "gaussian":
        return "" if std is not None else "`init: gaussian` needs its deviation, `std`"
    return "" if std is None else f"`std` is the deviation of `init: gaussian`, not of `{init}`"


def counted(sizes: Sequence[int], terms: tuple[Regularizer, ...], *, bias: bool = True) -> int:
    """The trained parameters of a chain."""
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    words = {type(term) for term in terms}
    # a normalized layer has a scale and a shift in place of its bias, or beside it
    normalized = 2 * len(words & {BatchNormWord, PathNormalization})
    unit = (normalized or bias) + 2 * (LayerNormWord in words)
    lengths = sum(sizes[1:]) * (WeightNorm in words)
    return weights + sum(sizes[1:-1]) * unit + bias * sizes[-1] + lengths


def chain(
    sizes: Sequence[int],
    activations: Sequence[str],
    terms: tuple[Regularizer, ...],
    *,
    bias: bool = True,
    factors: Sequence[Factors | None] = (),
) -> nn.Sequential:
    """Affine, activation, ..., affine between layers of these sizes, inputs and outputs among them,
    with the layers a composition adds. activations: of each hidden layer; `identity` adds none.
    factors: of every affine layer, see `chained`; without them nothing is multiplied.
    """
    from torch import nn

    from ddspec.vocabulary.layers import activation, dropout_at

    layers = dropout_at("input", terms, 0)
    for number, name in enumerate(activations, start=1):
        layers += _normalized(_affine(sizes, number - 1, terms, factors, bias=bias), terms)
        layers += dropout_at("preactivation", terms, -number)
        layers += [] if name == "identity" else [activation(name)]
        layers += dropout_at("hidden", terms, number)
    layers += dropout_at("head", terms, len(sizes) - 1)
    return nn.Sequential(*layers, _affine(sizes, len(sizes) - 2, terms, factors, bias=bias))


def _normalized(affine: nn.Linear, terms: tuple[Regularizer, ...]) -> list[nn.Module]:
    """A hidden layer with what normalizes its outputs; a shift over minibatches is its bias."""
    from ddspec.vocabulary.layers import BatchNorm
    from ddspec.vocabulary.normalizations import LayerNorm, PathNormalized

    size, layers = affine.out_features, [cast("nn.Module", affine)]
    for term in sorted(terms, key=lambda term: term.name() != "path_normalization"):
        if isinstance(term, PathNormalization):
            layers = [PathNormalized(affine, term.share, term.momentum, term.epsilon)]
        if isinstance(term, BatchNormWord):
            layers.append(BatchNorm(size, term.momentum, term.epsilon))
        if isinstance(term, LayerNormWord):
            layers.append(LayerNorm(size, term.epsilon))
        if isinstance(term, PathNormalization | BatchNormWord):
            affine.bias = None  # type: ignore[assignment]  # as register_parameter allows
    return layers


def _affine(
    sizes: Sequence[int],
    number: int,
    terms: tuple[Regularizer, ...],
    factors: Sequence[Factors | None],
    *,
    bias: bool,
) -> nn.Linear:
    from ddspec.vocabulary.drawing import multiplied
    from ddspec.vocabulary.normalizations import weight_normed

    if any(isinstance(term, WeightNorm) for term in terms):
        return weight_normed(sizes[number], sizes[number + 1], bias=bias)
    own = factors[number] if factors else None
    return multiplied(sizes[number], sizes[number + 1], own, bias=bias)
