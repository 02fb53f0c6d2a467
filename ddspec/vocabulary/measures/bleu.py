"""`bleu`: how much of what a network says is what a translator said."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples
from ddspec.vocabulary.schema import choice, integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed

USES = ("train", "validation", "test")
NUMBERS = 4_000_000  # in the outputs of sentences that are said at once


@word
class Bleu(OfSamples):
    """BLEU, 0 to 100, of translations that a network says token by token, each time the likeliest:
    the geometric mean of how many of its runs of 1 to 4 tokens the translator's sentence has, over
    all sentences, times exp(1 - r / s) where all it said is shorter, s tokens, than the
    translator's r. Runs of a length of which none agrees count as they are smoothed by default.

    Tokens are the dataset's: sub-words are not joined to words, and what `length` cuts off is not
    missed, so that numbers are for comparing cells on one dataset, not for comparing with papers.
    What is said ends at the end token or at `length`. Every token takes a pass through the network:
    `samples` says how many sentences are worth it.

    Source: Papineni et al., "BLEU: a method for automatic evaluation of machine translation", 2002;
    Post, "A call for clarity in reporting BLEU scores", 2018 (SacreBLEU, which counts).
    Example: bleu(samples: 200)
    """

    alone: ClassVar[bool] = True

    of: str = choice("which samples", *USES, default="test")
    samples: int | None = integer(
        "how many of them at most, the first in the seed's order",
        default=200,
        at_least=1,
        unit="samples",
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"translates"})

    def value(self, model: Observed) -> Tensor:
        from sacrebleu import corpus_bleu

        said = [_text(tokens) for tokens in greedy(model).tolist()]
        wanted = [_text(tokens) for tokens in model.targets.tolist()]
        score = corpus_bleu(said, [wanted], tokenize="none", force=True).score
        return model.counts.new_tensor(score)


def greedy(model: Observed) -> Tensor:
    """What a model says to the sources among its inputs, (n, length) int64: at every place the
    likeliest token after those before it.
    """
    import torch

    length = model.targets.shape[1]
    source, first = model.inputs[:, :length], model.inputs[:, length]
    tokens = model(model.inputs[:1]).shape[1] // length
    rows = max(1, NUMBERS // (length * tokens))
    said = []
    for part in range(0, len(source), rows):
        read, begun = source[part : part + rows], first[part : part + rows]
        heard = torch.zeros_like(read)
        heard[:, 0] = begun
        for place in range(length):
            scores = model(torch.cat([read, heard], dim=1)).view(len(read), length, tokens)
            chosen = scores[:, place].argmax(dim=-1)
            if place + 1 < length:
                heard[:, place + 1] = chosen.to(heard.dtype)
        said.append(torch.cat([heard[:, 1:], chosen[:, None].to(heard.dtype)], dim=1).long())
    return torch.cat(said)


def _text(tokens: list[int]) -> str:
    """Tokens up to the end, as words; -1 and 0 stand for none."""
    from ddspec.vocabulary.tokenizing import EOS

    ended = tokens.index(EOS) if EOS in tokens else len(tokens)
    return " ".join(str(token) for token in tokens[:ended] if token > 0)
