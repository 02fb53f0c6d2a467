"""The networks behind `transformer` and `language_model`: from numbers of tokens to scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from ddspec.vocabulary.attending import Multipliers
from ddspec.vocabulary.attention import Dropped, Embedding, Layer, Norm, draw_normal, later
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.layers import draw


class Scores(nn.Module):
    """Scores of every token at every place, laid flat: x W' with the weight of an embedding, or an
    own one, left undrawn, times what a parametrization says.
    """

    def __init__(self, tokens: int, by: Multipliers, dropped: Dropped, *, own: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(tokens, by.width)) if own else None
        self.gain, self.first = by.scores
        self.dropped = nn.Sequential(*dropped)

    def initialize(self, draws: Draws) -> None:
        """Draw an own weight, normal with variance 1 / width but for a parametrization's factor."""
        if self.weight is not None:
            draw_normal(self.weight, draws.generator("scores"), self.first / self.gain)

    def forward(self, x: Tensor, tied: Tensor) -> Tensor:
        """x, (rows, length, width), to (rows, length x tokens)."""
        weight = tied if self.weight is None else self.weight
        made = nn.functional.linear(self.dropped(x), weight).flatten(1)
        return made if self.gain == 1 else made * self.gain


def _draw(network: nn.Module, init: str, draws: Draws) -> None:
    """Draw affine layers, and set normalizations to what they begin with."""
    draw(network, init, draws)
    for layer in network.modules():
        if isinstance(layer, Norm):
            layer.initialize()


class Translator(nn.Module):
    """An encoder of source tokens and a decoder of target tokens, (rows, 2 length) laid flat; token
    0 of the source is padding.
    """

    def __init__(
        self,
        embeddings: Sequence[Embedding],
        dropped: Sequence[Dropped],
        encoder: Iterable[nn.Module],
        decoder: Iterable[nn.Module],
        scores: Scores,
    ) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList(embeddings)  # one for both, or the source's, the target's
        self.dropped = nn.ModuleList(nn.Sequential(*layers) for layers in dropped)
        self.encoder, self.decoder = nn.ModuleList(encoder), nn.ModuleList(decoder)
        self.scores = scores

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, 2 length), to (rows, length x tokens)."""
        source, target = x.long().reshape(len(x), 2, -1).unbind(1)
        padding = (source == 0)[:, None, None, :]
        read = self.dropped[0](self.embeddings[0](source))
        for layer in self.encoder:
            read = layer(read, padding) if isinstance(layer, Layer) else layer(read)
        said = self.dropped[1](self.embeddings[-1](target))
        hidden = later(target.shape[1], x.device)
        for layer in self.decoder:
            inner = isinstance(layer, Layer)
            said = layer(said, hidden, read, padding) if inner else layer(said)
        made: Tensor = self.scores(said, self.embeddings[-1].weight)
        return made

    def initialize(self, init: str, draws: Draws) -> None:
        """Draw every weight."""
        _draw(self, init, draws)
        self.scores.initialize(draws)
        for name, embedding in zip(("source", "target"), self.embeddings, strict=False):
            embedding.initialize(draws, name)  # type: ignore[operator]


class Continuer(nn.Module):
    """A decoder of tokens, (rows, length), each of which sees itself and those before it."""

    def __init__(
        self, embedding: Embedding, dropped: Dropped, layers: Iterable[nn.Module], scores: Scores
    ) -> None:
        super().__init__()
        self.embedding, self.dropped = embedding, nn.Sequential(*dropped)
        self.layers, self.scores = nn.ModuleList(layers), scores

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, length), to (rows, length x tokens)."""
        said = self.dropped(self.embedding(x.long()))
        hidden = later(x.shape[1], x.device)
        for layer in self.layers:
            said = layer(said, hidden) if isinstance(layer, Layer) else layer(said)
        made: Tensor = self.scores(said, self.embedding.weight)
        return made

    def initialize(self, init: str, draws: Draws) -> None:
        """Draw every weight."""
        _draw(self, init, draws)
        self.scores.initialize(draws)
        self.embedding.initialize(draws, "tokens")
