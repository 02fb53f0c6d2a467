"""`quadratic`: a two-layer network with quadratic activation, x^T W^T W x."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.dense import Factors
from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.parametrized import Parametrized
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm as BatchNormWord
from ddspec.vocabulary.schema import integer, number

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class Quadratic(Parametrized):
    """Each output c is |W_c x|^2, the sum over `width` units of the squares of w_ck . x: a positive
    quadratic form x^T W_c^T W_c x of rank `width` at most, the second layer fixed at one.

    First weights are normal with deviation `std`, without it 1 / sqrt(width d), d the number of
    inputs: then outputs are about one for inputs of variance one. (With trained second weights it
    is `mlp(hidden: [width], activation: quadratic)`.)

    With w = u / sqrt(width) it is the mean of squares of u . x: without `std` the network is in
    mean field, and a step of sgd moves every u as far at any width. So under `standard`, as `mup`
    asks, and `mup` only takes a given `std` for that of width `base`, that of others smaller by
    sqrt(r), r = width/base. `mup_adam` multiplies the weight by 1/sqrt(r), since adam moves w, not
    u, by `lr`. `ntk` multiplies by 1/sqrt(d), a rate lr/d, which depends on no width: as long as
    outputs begin near one, no rate makes this network's training that of a kernel.

    Source: Li, Ma & Zhang, "Algorithmic regularization in over-parameterized matrix sensing and
    neural networks with quadratic activations", 2018; Du & Lee 2018; Sarao Mannelli et al. 2020.
    Mei, Montanari & Nguyen, "A mean field view of the landscape of two-layer neural networks",
    2018; Yang & Hu, "Feature learning in infinite-width neural networks", 2021.
    Example: quadratic(width: 20)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units"})

    width: int = integer("units of each output", at_least=1, unit="units")
    std: float | None = number("deviation of the first weights", default=None, above=0)

    @property
    def layer_count(self) -> int:
        return 1

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        units = self.width * outputs
        return units * (math.prod(shape) + (2 if BatchNormWord.among(terms) else 0))

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.drawing import multiplied
        from ddspec.vocabulary.feature_maps import Sums
        from ddspec.vocabulary.layers import BatchNorm, activation, dropout_at

        units, norm = self.width * outputs, BatchNormWord.among(terms)
        layers = dropout_at("input", terms, 0)
        inputs = math.prod(shape)
        layers.append(multiplied(inputs, units, self._factors(inputs), bias=False))
        if norm is not None:
            layers.append(BatchNorm(units, norm.momentum, norm.epsilon))
        layers += [activation("quadratic"), *dropout_at("hidden", terms, 1)]
        layers += dropout_at("head", terms, 2)
        return nn.Sequential(*layers, Sums(self.width))

    def _factors(self, inputs: int) -> Factors | None:
        """Of the weight, of no bias, and of the first weight as it acts."""
        if self.plain:
            return None
        if self.parametrization == "ntk":
            return 1 / math.sqrt(inputs), 1.0, 1.0
        small = math.sqrt(self.base / self.width)
        first = 1.0 if self.std is None else small
        return small if self.parametrization == "mup_adam" else 1.0, 1.0, first

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from torch import nn

        from ddspec.vocabulary.drawing import draw

        (layer,) = (m for m in module.modules() if isinstance(m, nn.Linear))
        std = self.std or 1 / math.sqrt(self.width * layer.in_features)
        draw(module, "gaussian", draws, std=std)
