"""`gnn`: a graph convolutional network that classifies nodes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Regularizer, Shape, word
from ddspec.vocabulary.parametrized import Parametrized, factors
from ddspec.vocabulary.schema import ACTIVATIONS, FIRST_WEIGHTS, choice, integer, integers

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.pool import Pool


@word
class Gnn(Parametrized):
    """H_l = activation(A H_{l-1} W_l + b_l), H_0 the features of all nodes, for the layers of
    `hidden`, then A H W + b; A is what the dataset says, D^-1/2 (links + I) D^-1/2 with the degrees
    D of links + I. A sample is the number of a node, and training sees the links and features of
    all nodes.

    Dropout `at: input` acts on the features of nodes, `at: hidden` after each activation.

    `parametrization` and `base` are explained by `mlp`: A does not depend on width, and the layers
    are those of a chain. Under `mup` first weights are as large as `init` makes them at the base
    width, hidden ones over sqrt(r): `xavier` and `orthogonal` by themselves would make the weights
    of features smaller in wider networks.

    Source: Kipf & Welling, "Semi-supervised classification with graph convolutional networks",
    2017, equation 2. Jacot et al., "Neural tangent kernel", 2018, and Du et al., "Graph neural
    tangent kernel", 2019 (`ntk`); Yang et al., "Tensor programs V", 2022, table 8 (`mup`).
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
        from ddspec.vocabulary.drawing import multiplied
        from ddspec.vocabulary.graphs import GraphNetwork
        from ddspec.vocabulary.layers import activation, dropout_at

        sizes, last = self._sizes(outputs), len(self.hidden)
        between: list[list[nn.Module]] = [dropout_at("input", terms, 0)]
        for number in range(1, last + 1):
            parts = [activation(self.activation), *dropout_at("hidden", terms, number)]
            between.append(
                [*parts, *(dropout_at("head", terms, last + 1) if number == last else ())]
            )
        every = zip(itertools.pairwise(sizes), factors(self.law, sizes, self.init), strict=True)
        return GraphNetwork([multiplied(*pair, own) for pair, own in every], between)

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.layers import draw

        draw(module, self.init, draws)

    def attach(self, module: nn.Module, pool: Pool) -> None:
        from ddspec.vocabulary.graphs import GraphNetwork

        assert isinstance(module, GraphNetwork)
        module.attach(pool.extras["adjacency"], pool.extras["features"])
