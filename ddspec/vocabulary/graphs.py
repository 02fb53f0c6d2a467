"""Layers over the nodes of a graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ddspec.vocabulary.drawing import acting


class GraphNetwork(nn.Module):
    """A X W_1, then layers of f, dropout and A H W + b: all nodes at once, of which those asked for
    are taken. Buffers, of no size until a pool fills them: `links`, A, (nodes, nodes), and
    `features`, X, (nodes, features).
    """

    links: Tensor
    features: Tensor

    def __init__(self, layers: Sequence[nn.Linear], between: Sequence[Sequence[nn.Module]]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.between = nn.ModuleList(nn.Sequential(*parts) for parts in between)
        self.register_buffer("links", torch.zeros(0, 0))
        self.register_buffer("features", torch.zeros(0, layers[0].in_features))

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, 1), numbers of nodes, to (rows, outputs)."""
        made, links = self.features.to(x.dtype), self.links.to(x.dtype)
        for before, layer in zip(self.between, self.layers, strict=True):
            assert isinstance(layer, nn.Linear)
            weight, bias = acting(layer)
            made = links @ nn.functional.linear(before(made), weight)
            made = made if bias is None else made + bias
        return made.index_select(0, x[:, 0].long())

    def attach(self, adjacency: np.ndarray, features: np.ndarray) -> None:
        """Take the graph that the numbers are of: its links, normalized, and features."""
        kind = next(self.parameters()).dtype
        self.links = torch.from_numpy(adjacency).to(kind)
        self.features = torch.from_numpy(features).to(kind)
