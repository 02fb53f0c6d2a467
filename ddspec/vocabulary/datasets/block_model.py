"""`block_model`: nodes of a random graph with communities, and noisy features of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import integer, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.pool import Pool


@word
class BlockModel(Dataset):
    """The contextual stochastic block model: a graph of `nodes` nodes in k communities, which are
    the classes; a sample is a node. Two nodes are joined independently with probability
    (d + (k - 1) s) / nodes in one community and (d - s) / nodes otherwise, s = sqrt(d)
    `graph_signal`, cut to [0, 1]: a node has about d = `degree` neighbors, and a negative signal
    joins unlike nodes. Features of a node in community c are sqrt(`feature_signal` / nodes) v_c + z
    / sqrt(`features`), v_c and z standard normal; for k = 2, v_1 = -v_0.

    All nodes are seen in training, but only `samples` of them with their class; the last `test`
    nodes test. An input is the number of its node; networks that read a graph are given the whole:
    `adjacency` D^(-1/2) (A + I) D^(-1/2), D the degrees of A + I, and `features`. Communities are
    of equal probability. All is drawn anew for every `seed.data`.

    Source: Deshpande et al., "Contextual stochastic block models", 2018; Shi et al., "Homophily
    modulates double descent generalization in graph convolution networks", 2024.
    Example: block_model(samples: 200, test: 500, nodes: 1_000, features: 100)
    """

    seeded: ClassVar[bool] = True

    test: int = integer("test samples", default=500, at_least=1, unit="samples")
    nodes: int = integer("nodes of the graph", default=1_000, at_least=2)
    features: int = integer("features of a node", default=100, at_least=1, unit="features")
    communities: int = integer("number of communities", default=2, at_least=2)
    degree: float = number("mean number of neighbors", default=10.0, at_least=0)
    graph_signal: float = number("how much the graph says of the communities", default=1.0)
    feature_signal: float = number("how much features say of them", default=1.0, at_least=0)

    @property
    def plain_shape(self) -> Shape:
        return (1,)

    @property
    def reads(self) -> str:
        return "graph"

    @property
    def classes(self) -> int:
        return self.communities

    @property
    def capacity(self) -> int:
        return max(self.nodes - self.test, 0)

    @property
    def test_capacity(self) -> int:
        return self.nodes - 1

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.draws import Draws
        from ddspec.vocabulary.pool import Pool

        draws = Draws(seed, "pool")
        labels = draws.generator("communities").integers(0, self.communities, self.nodes)
        extras = {
            "adjacency": normalized(self._joined(labels, draws.generator("edges"))),
            "features": self._features(labels, draws.generator("features")),
        }
        numbers, cut = np.arange(self.nodes, dtype=np.float32)[:, None], self.capacity
        train, test = (numbers[:cut], labels[:cut]), (numbers[cut:], labels[cut:])
        return Pool(*train, numbers[:0], labels[:0], *test, extras=extras)

    def _joined(self, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Which nodes are joined, (nodes, nodes) bool, symmetric."""
        import numpy as np

        signal = np.sqrt(self.degree) * self.graph_signal
        inside = (self.degree + (self.communities - 1) * signal) / self.nodes
        outside = (self.degree - signal) / self.nodes
        chance = np.where(labels[:, None] == labels, inside, outside)
        upper = np.triu(generator.random((self.nodes, self.nodes)) < chance, 1)
        return np.asarray(upper | upper.T)

    def _features(self, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """The features of the nodes, (nodes, features) float32."""
        import numpy as np

        centers = generator.standard_normal((self.communities, self.features))
        if self.communities == 2:  # noqa: PLR2004 - two communities lie opposite one another
            centers[1] = -centers[0]
        noise = generator.standard_normal((self.nodes, self.features)) / np.sqrt(self.features)
        scale = np.sqrt(self.feature_signal / self.nodes)
        return np.asarray((scale * centers[labels] + noise).astype(np.float32))


def normalized(joined: np.ndarray) -> np.ndarray:
    """D^(-1/2) (A + I) D^(-1/2) of a graph without loops, float32, D the row sums of A + I."""
    import numpy as np

    looped = joined + np.eye(len(joined))
    roots = np.sqrt(looped.sum(axis=1))
    return np.asarray((looped / roots[:, None] / roots).astype(np.float32))
