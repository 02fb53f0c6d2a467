"""`random_features`: a linear function of fixed random features."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.schema import ACTIVATIONS, choice, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class RandomFeatures(Architecture):
    """Trained output weights over fixed features activation(W x / sqrt(d)), W standard normal,
    d the number of inputs. Features nest: the first p of a seed are a prefix of its first q > p.
    Output weights start at zero.

    `weights: sphere` scales every row of W to length sqrt(d): directions are uniform, as in Mei &
    Montanari.

    Source: Rahimi & Recht 2007; Mei & Montanari, "The generalization error of random features
    regression", 2019.
    Example: random_features(features: width, activation: relu)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"linear_in_parameters"})

    features: int = integer("number of random features", at_least=1, unit="features")
    activation: str = choice("nonlinearity of each feature", *ACTIVATIONS, default="relu")
    weights: str = choice("distribution of a row of W", "gaussian", "sphere", default="gaussian")

    @property
    def layer_count(self) -> int:
        return 1

    @property
    def nests(self) -> str | None:
        return "features"

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return self.features * outputs

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return self.features * (math.prod(shape) + outputs)

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary.layers import FixedProjection, activation, affine, dropout_at

        return nn.Sequential(
            *dropout_at("input", terms, 0),
            FixedProjection(math.prod(shape), self.features),
            activation(self.activation),
            affine(self.features, outputs, bias=False),
        )

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        import numpy as np
        from torch import nn

        from ddspec.vocabulary.layers import FixedProjection, assign

        for layer in module.modules():
            if isinstance(layer, FixedProjection):
                # row by row, so that the features of a seed nest
                drawn = draws.generator("features").standard_normal(tuple(layer.matrix.shape))
                if self.weights == "sphere":
                    lengths = np.linalg.norm(drawn, axis=1, keepdims=True)
                    drawn *= math.sqrt(drawn.shape[1]) / lengths
                assign(layer.matrix, drawn)
            elif isinstance(layer, nn.Linear):
                nn.init.zeros_(layer.weight)
