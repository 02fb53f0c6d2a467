"""Texts to token numbers: a vocabulary learned from lines, and lines as rows of equal length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from ddspec.errors import DdspecError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
PAD, BOS, EOS, UNKNOWN = range(len(SPECIAL))
NOTHING = -1  # the target where there is no token
CHUNK = 10_000  # lines cut at once


@attrs.frozen(eq=False)
class Vocabulary:
    """The tokens of a text: numbers from 0, the first four of them `SPECIAL`."""

    tokenizer: Tokenizer

    def numbers(self, lines: Iterable[str]) -> Iterator[list[int]]:
        """The token numbers of each line, without special ones but for what is unknown."""
        waiting = iter(lines)
        while chunk := list(islice(waiting, CHUNK)):
            for found in self.tokenizer.encode_batch_fast(chunk, add_special_tokens=False):
                yield found.ids

    def text(self, numbers: Iterable[int]) -> str:
        """The text of token numbers, special ones left out, up to spaces."""
        said: str = self.tokenizer.decode([number for number in numbers if number >= 0])
        return said


def learn(
    word: str, lines: Iterable[str], size: int, pieces: str, *, lowercase: bool
) -> Vocabulary:
    """The vocabulary of at most `size` tokens that the most frequent pieces of `lines` make.

    pieces: `words` (runs of letters and digits, runs of other signs), `characters`, or `bpe`: what
    byte pair encoding of words joins, from characters on. Raises DdspecError when the characters
    alone are more than `size`.
    """
    from tokenizers import normalizers

    tokenizer, trainer = _untrained(size, pieces)
    forms = [normalizers.NFC(), *([normalizers.Lowercase()] if lowercase else [])]
    tokenizer.normalizer = normalizers.Sequence(forms)
    tokenizer.train_from_iterator(lines, trainer)
    if tokenizer.get_vocab_size() > size:
        raise DdspecError(
            f"{word} has {tokenizer.get_vocab_size():,} different characters and special tokens, "
            f"and a vocabulary of {size:,} is asked for",
            f"write `vocabulary: {tokenizer.get_vocab_size()}` or more, or `pieces: words`",
        )
    return Vocabulary(tokenizer)


def _untrained(size: int, pieces: str) -> tuple[Tokenizer, Any]:
    """A tokenizer that cuts texts into words, or not, and what learns its tokens."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    how: dict[str, Any] = {
        "vocab_size": size,
        "special_tokens": list(SPECIAL),
        "show_progress": False,
    }
    if pieces == "bpe":
        tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN]))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        return tokenizer, trainers.BpeTrainer(**how)
    tokenizer = Tokenizer(models.WordLevel(unk_token=SPECIAL[UNKNOWN]))
    if pieces == "words":
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
        tokenizer.decoder = decoders.Fuse()
    return tokenizer, trainers.WordLevelTrainer(**how)


def rows_of(numbers: Iterable[Sequence[int]], length: int, filling: int) -> np.ndarray:
    """Each sequence as a row, (n, length) int32, cut or followed by `filling`."""
    made: list[np.ndarray] = []
    for each in numbers:
        row = np.full(length, filling, np.int32)
        kept = each[:length]
        row[: len(kept)] = kept
        made.append(row)
    return np.array(made, np.int32).reshape(len(made), length)


def shifted(wanted: np.ndarray) -> np.ndarray:
    """What is read when each of `wanted`, (n, length) with NOTHING where there is none, is said:
    the beginning and all tokens before it, padding after the last.
    """
    read = np.where(wanted == NOTHING, PAD, wanted)
    return np.concatenate([np.full((len(read), 1), BOS, read.dtype), read[:, :-1]], axis=1)
