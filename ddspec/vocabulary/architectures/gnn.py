"""`gnn`: a graph convolutional network that classifies nodes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.schema import ACTIVATIONS, FIRST_WEIGHTS, choice, integer, integers

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.pool import Pool


@word
class Gnn(Architecture):
    """H_l = activation(A H_{l-1} W_l + b_l), H_0 the features of all nodes, for the layers of
    `hidden`, then A H W + b; A is what the dataset says, D^-1/2 (links + I) D^-1/2 with the degrees
    D of links + I. A sample is the number of a node, and training sees the links and features of
    all nodes.

    Dropout `at: input` acts on the features of nodes, `at: hidden` after each activation.

    Source: Kipf & Welling, "Semi-supervised classification with graph convolutional networks",
    2017, equation 2.
    Example: gnn(hidden: [width], features: 16)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"hidden_units", "graph"})
    least_shape: ClassVar[Shape] = (1,)
    reads: ClassVar[str] = "graph"

    hidden: tuple[int, ...] = integers("sizes of the hidden layers", at_least=1)
    features: int = integer("features of a node, as the dataset has", at_least=1, unit="features")
    activation: str = choice("nonlinearity after each hidden layer", *ACTIVATIONS, default="relu")
    init: str = choice("distribution of the first weights", *FIRST_WEIGHTS, default="xavier")

    @property
    def layer_count(self) -> int:
        return len(self.hidden) + 1

    def _sizes(self, outputs: int) -> tuple[int, ...]:
        return (self.features, *self.hidden, outputs)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return sum((a + 1) * b for a, b in itertools.pairwise(self._sizes(outputs)))

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from ddspec.vocabulary.graphs import GraphNetwork
        from ddspec.vocabulary.layers import activation, affine, dropout_at

        sizes, last = self._sizes(outputs), len(self.hidden)
        between: list[list[nn.Module]] = [dropout_at("input", terms, 0)]
        for number in range(1, last + 1):
            parts = [activation(self.activation), *dropout_at("hidden", terms, number)]
            between.append(
                [*parts, *(dropout_at("head", terms, last + 1) if number == last else ())]
            )
        layers = [affine(before, after) for before, after in itertools.pairwise(sizes)]
        return GraphNetwork(layers, between)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.layers import draw

        draw(module, self.init, draws)

    def attach(self, module: nn.Module, pool: Pool) -> None:
        from ddspec.vocabulary.graphs import GraphNetwork

        assert isinstance(module, GraphNetwork)
        module.attach(pool.extras["adjacency"], pool.extras["features"])
